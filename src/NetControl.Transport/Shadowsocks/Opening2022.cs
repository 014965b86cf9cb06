using System.Buffers.Binary;
using System.Security.Cryptography;
using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The 2022 edition (SIP022 section 3.1): typed headers with a time, and a response that names the request it answers.</summary>
/// <remarks>
/// <code>
///   request:   salt | identity headers | type 0, time, length of the next | address, padding, first data | chunks
///   response:  salt | type 1, time, request's salt, length of the next    | data                         | chunks
/// </code>
/// </remarks>
internal sealed class Opening2022(ShadowsocksKey key, HostPort destination, TimeProvider time, SaltHistory history) : StreamOpening
{
    private const byte RequestType = 0;
    private const byte ResponseType = 1;
    private const int RequestHeader = 1 + MessageTime.Length + 2;
    private const int LongestPadding = 900;

    private readonly byte[] _requestSalt = RandomNumberGenerator.GetBytes(key.Cipher.SaltLength);

    public override int MaxChunk => 0xFFFF;

    public override int BulkChunk => 63 << 10;

    public override int RequestOverhead => _requestSalt.Length + (key.Identities.Count * ShadowsocksIdentity.HeaderLength)
        + RequestHeader + Aead.TagLength + Socks5Address.MaxLength + 2 + LongestPadding + Aead.TagLength;

    public override int ResponseLength => _requestSalt.Length + RequestHeader + _requestSalt.Length + Aead.TagLength;

    public override ChunkCipher WriteRequest(Span<byte> to, ref ReadOnlySpan<byte> data, out int written)
    {
        _requestSalt.CopyTo(to);
        int at = _requestSalt.Length;
        foreach (ShadowsocksIdentity identity in key.Identities)
        {
            identity.WriteTo(to[at..], _requestSalt);
            at += ShadowsocksIdentity.HeaderLength;
        }

        Span<byte> first = to.Slice(at, RequestHeader + Aead.TagLength);
        at += first.Length;
        Span<byte> second = to[at..];
        int length = WriteSecond(second[..^Aead.TagLength], ref data);

        ChunkCipher cipher = new(key.NewSession(_requestSalt));
        first[0] = RequestType;
        MessageTime.Write(first[1..], time);
        BinaryPrimitives.WriteUInt16BigEndian(first[(1 + MessageTime.Length)..], (ushort)length);
        cipher.Seal(first[..RequestHeader], first);
        cipher.Seal(second[..length], second);
        written = at + length + Aead.TagLength;
        return cipher;
    }

    public override ChunkCipher OpenResponse(Span<byte> head, out int chunk)
    {
        ReadOnlySpan<byte> salt = head[.._requestSalt.Length];
        Span<byte> header = head[salt.Length..];
        ChunkCipher cipher = new(key.NewSession(salt));
        try
        {
            if (!cipher.TryOpen(header, header[..^Aead.TagLength]))
            {
                throw new ShadowsocksStreamException(ShadowsocksFault.NotAuthentic);
            }

            Check(header, salt);
            chunk = BinaryPrimitives.ReadUInt16BigEndian(header[(1 + MessageTime.Length + _requestSalt.Length)..]);
            return cipher;
        }
        catch
        {
            cipher.Dispose();
            throw;
        }
    }

    private int WriteSecond(Span<byte> to, ref ReadOnlySpan<byte> data)
    {
        int at = Socks5Address.Write(to, destination);

        // A request without data is padded, lest its length give it away; one with data need not be.
        int padding = data.IsEmpty ? RandomNumberGenerator.GetInt32(1, LongestPadding + 1) : 0;
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], (ushort)padding);
        at += 2;
        to.Slice(at, padding).Clear();
        at += padding;
        int taken = Math.Min(Math.Min(data.Length, BulkChunk), to.Length - at);
        data[..taken].CopyTo(to[at..]);
        data = data[taken..];
        return at + taken;
    }

    private void Check(ReadOnlySpan<byte> header, ReadOnlySpan<byte> salt)
    {
        ShadowsocksFault? fault = header[0] != ResponseType ? ShadowsocksFault.WrongHeader
            : !MessageTime.IsFresh(header[1..], time) ? ShadowsocksFault.OutOfTime
            : !header.Slice(1 + MessageTime.Length, _requestSalt.Length).SequenceEqual(_requestSalt) || !history.TryAdd(salt)
                ? ShadowsocksFault.Replayed
            : null;
        if (fault is { } found)
        {
            throw new ShadowsocksStreamException(found);
        }
    }
}
