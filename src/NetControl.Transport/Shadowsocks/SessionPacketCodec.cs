using System.Buffers.Binary;
using System.Security.Cryptography;
using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The 2022 edition's datagrams (SIP022 section 3.2): numbered within sessions of each side, with a time and padding.</summary>
/// <remarks>
/// <code>
///   to the server:    type 0 | time |                  | length of padding | padding | address | payload
///   from the server:  type 1 | time | client's session | length of padding | padding | address | payload
/// </code>
/// </remarks>
internal abstract class SessionPacketCodec : PacketCodec
{
    /// <summary>A session and a number in it: what the two kinds carry in different places.</summary>
    protected const int IdLength = 16;

    private const byte ToServer = 0;
    private const byte FromServer = 1;
    private const int FixedLength = 1 + MessageTime.Length + 2;
    private const int LongestPadding = 900;
    private const ushort DnsPort = 53;

    private readonly TimeProvider _time;
    private readonly byte[] _session = RandomNumberGenerator.GetBytes(8);
    private ulong _sent;

    /// <summary>Begins a session.</summary>
    protected SessionPacketCodec(TimeProvider time)
    {
        _time = time;
        Sessions = new ServerSessions(time);
    }

    /// <summary>Held while sealing: senders may come from several threads, ciphers and numbers are for one at a time.</summary>
    protected Lock SealGate { get; } = new();

    /// <summary>The server's sessions.</summary>
    protected ServerSessions Sessions { get; }

    /// <summary>This side's session.</summary>
    protected ReadOnlySpan<byte> Session => _session;

    /// <inheritdoc/>
    public override void Dispose() => Sessions.Dispose();

    /// <summary>How many bytes a message has besides its payload, at most.</summary>
    protected static int MessageOverhead(in AddrPort destination) =>
        FixedLength + Socks5Address.LengthOf(destination) + (destination.Port == DnsPort ? LongestPadding : 0);

    /// <summary>Writes this side's session and the next number.</summary>
    protected void WriteId(Span<byte> to)
    {
        _session.CopyTo(to);
        BinaryPrimitives.WriteUInt64BigEndian(to[8..], _sent++);
    }

    /// <summary>Writes a message; returns its length.</summary>
    protected int WriteMessage(Span<byte> to, ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        to[0] = ToServer;
        MessageTime.Write(to[1..], _time);

        // The lengths of questions to name servers are telling; other datagrams hide among their like.
        int padding = destination.Port == DnsPort ? RandomNumberGenerator.GetInt32(1, LongestPadding + 1) : 0;
        BinaryPrimitives.WriteUInt16BigEndian(to[(1 + MessageTime.Length)..], (ushort)padding);
        to.Slice(FixedLength, padding).Clear();
        int at = FixedLength + padding;
        at += Socks5Address.Write(to[at..], destination);
        payload.CopyTo(to[at..]);
        return at + payload.Length;
    }

    /// <summary>Reads a message of the server's, or says that it is not one to this session and of this time.</summary>
    protected bool TryReadMessage(ReadOnlySpan<byte> message, out AddrPort source, out ReadOnlySpan<byte> payload)
    {
        const int PaddingAt = 1 + MessageTime.Length + 8;
        source = default;
        payload = default;
        if (message.Length < PaddingAt + 2
            || message[0] != FromServer
            || !MessageTime.IsFresh(message[1..], _time)
            || !message.Slice(1 + MessageTime.Length, 8).SequenceEqual(_session))
        {
            return false;
        }

        int at = PaddingAt + 2 + BinaryPrimitives.ReadUInt16BigEndian(message[PaddingAt..]);
        if (at > message.Length || !Socks5Address.TryRead(message[at..], out source, out int length))
        {
            return false;
        }

        payload = message[(at + length)..];
        return true;
    }
}
