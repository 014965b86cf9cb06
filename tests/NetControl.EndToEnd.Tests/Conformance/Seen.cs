using System.Buffers.Binary;
using System.Net;
using System.Text;
using NetControl.Testing.Raw;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>A packet that netcontrold wrote, read and judged by the RFCs' pictures.</summary>
internal sealed class Seen
{
    private Seen(byte[] bytes, TimeSpan at) => (Bytes, At) = (bytes, at);

    public byte[] Bytes { get; }

    public TimeSpan At { get; }

    public IPAddress Source { get; private set; } = IPAddress.Any;

    public IPAddress Destination { get; private set; } = IPAddress.Any;

    public byte Protocol { get; private set; }

    public byte Tos { get; private set; }

    public int HeaderLength { get; private set; }

    public bool DontFragment { get; private set; }

    public bool IsFragment { get; private set; }

    public bool MoreFragments { get; private set; }

    public int FragmentOffset { get; private set; }

    public uint FragmentId { get; private set; }

    public int SourcePort { get; private set; }

    public int DestinationPort { get; private set; }

    public uint Seq { get; private set; }

    public uint Ack { get; private set; }

    public int Flags { get; private set; }

    public int Window { get; private set; }

    public int? Mss { get; private set; }

    public int? Scale { get; private set; }

    public bool SackOk { get; private set; }

    public (uint Value, uint Echo)? Stamp { get; private set; }

    public List<(uint Left, uint Right)> Sack { get; } = [];

    public byte Type { get; private set; }

    public byte Code { get; private set; }

    public uint Rest { get; private set; }

    /// <summary>What is behind the transport's header.</summary>
    public byte[] Payload { get; private set; } = [];

    /// <summary>What no packet may be, or null.</summary>
    public string? Fault { get; private set; }

    public bool IsV4 => Bytes[0] >> 4 == 4;

    public bool IsTcp => Protocol == Wire.Tcp && !IsFragment;

    public bool IsUdp => Protocol == Wire.Udp && !IsFragment;

    public bool IsIcmp => Protocol == (IsV4 ? Wire.Icmp4 : Wire.Icmp6) && !IsFragment;

    public bool Has(char flag) => (Flags & 1 << "FSRPAUEC".IndexOf(flag)) != 0;

    /// <summary>Reads a packet.</summary>
    public static Seen Read(byte[] bytes, TimeSpan at)
    {
        Seen seen = new(bytes, at);
        try
        {
            int end = seen.IsV4 ? seen.ReadV4() : seen.ReadV6();
            seen.Require(end == bytes.Length, "the length field is not the packet's length");
            if (!seen.IsFragment)
            {
                seen.ReadTransport(bytes.AsSpan(seen.HeaderLength, end - seen.HeaderLength));
            }
            else
            {
                seen.Payload = bytes[seen.HeaderLength..];
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            seen.Fault = "truncated";
        }

        return seen;
    }

    /// <summary>The segment as text with sequence numbers relative to the two SYNs: <c>PA 1:101 ack 1</c>, without PSH.</summary>
    public string Text(uint ours, uint theirs)
    {
        string flags = string.Concat("SFRAUEC".Where(Has));
        uint seq = Seq - theirs;
        StringBuilder text = new($"{(flags.Length == 0 ? "-" : flags)} {(flags.StartsWith('R') && Seq == 0 ? 0 : seq)}");
        if (Payload.Length > 0)
        {
            text.Append($":{seq + (uint)Payload.Length}");
        }

        if (Has('A'))
        {
            text.Append($" ack {Ack - ours}");
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string what = IsTcp ? $"TCP {SourcePort} > {DestinationPort} {Text(0, 0)} win {Window} mss {Mss} scale {Scale} sackok {SackOk} ts {Stamp} sack {string.Join(' ', Sack)}"
            : IsUdp ? $"UDP {SourcePort} > {DestinationPort} {Payload.Length} bytes"
            : IsIcmp ? $"ICMP type {Type} code {Code} rest {Rest:x8} {Payload.Length} bytes"
            : $"protocol {Protocol} fragment {FragmentOffset} {MoreFragments} {Payload.Length} bytes";
        return $"{At.TotalSeconds:F3} {Source} > {Destination} {what}{(Fault is null ? "" : " FAULT: " + Fault)}";
    }

    private void Require(bool holds, string fault) => Fault ??= holds ? null : fault;

    private int ReadV4()
    {
        HeaderLength = (Bytes[0] & 15) * 4;
        Require(HeaderLength >= 20, "IHL below 5");
        Require(OffloadedPacket.Sum(Bytes.AsSpan(0, HeaderLength)) == 0xFFFF, "the header checksum is wrong");
        Tos = Bytes[1];
        Protocol = Bytes[9];
        Require(Bytes[8] >= 32, "a TTL that does not reach far (RFC 1122 3.2.1.7)");
        Source = new IPAddress(Bytes.AsSpan(12, 4));
        Destination = new IPAddress(Bytes.AsSpan(16, 4));
        int word = BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(6));
        DontFragment = (word & 0x4000) != 0;
        MoreFragments = (word & 0x2000) != 0;
        FragmentOffset = (word & 0x1FFF) * 8;
        FragmentId = BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(4));
        IsFragment = MoreFragments || FragmentOffset > 0;
        Require((word & 0x8000) == 0, "the reserved bit is set (RFC 791 3.1)");
        return BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(2));
    }

    private int ReadV6()
    {
        HeaderLength = 40;
        Tos = (byte)(BinaryPrimitives.ReadUInt16BigEndian(Bytes) >> 4);
        Protocol = Bytes[6];
        Require(Bytes[7] >= 32, "a hop limit that does not reach far");
        Source = new IPAddress(Bytes.AsSpan(8, 16));
        Destination = new IPAddress(Bytes.AsSpan(24, 16));
        if (Protocol == Wire.FragmentHeader)
        {
            Protocol = Bytes[40];
            int word = BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(42));
            FragmentOffset = word & 0xFFF8;
            MoreFragments = (word & 1) != 0;
            FragmentId = BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(44));
            IsFragment = MoreFragments || FragmentOffset > 0;
            HeaderLength = 48;
        }

        return 40 + BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(4));
    }

    private void ReadTransport(ReadOnlySpan<byte> body)
    {
        if (Protocol is Wire.Tcp or Wire.Udp or Wire.Icmp4 or Wire.Icmp6)
        {
            Require(
                (Protocol == Wire.Udp && IsV4 && body[6] == 0 && body[7] == 0)
                || OffloadedPacket.Sum(body, Wire.Pseudo(Source, Destination, Protocol, body.Length)) == 0xFFFF,
                "the transport checksum is wrong");
        }

        switch (Protocol)
        {
            case Wire.Tcp:
                ReadTcp(body);
                break;
            case Wire.Udp:
                SourcePort = BinaryPrimitives.ReadUInt16BigEndian(body);
                DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
                Require(BinaryPrimitives.ReadUInt16BigEndian(body[4..]) == body.Length, "the UDP length is wrong");
                Payload = body[8..].ToArray();
                break;
            default:
                Type = body[0];
                Code = body[1];
                Rest = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
                Payload = body[8..].ToArray();
                break;
        }
    }

    private void ReadTcp(ReadOnlySpan<byte> body)
    {
        SourcePort = BinaryPrimitives.ReadUInt16BigEndian(body);
        DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
        Seq = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        Ack = BinaryPrimitives.ReadUInt32BigEndian(body[8..]);
        int header = (body[12] >> 4) * 4;
        Require((body[12] & 15) == 0, "reserved bits are set (RFC 9293 3.1)");
        Flags = body[13];
        Window = BinaryPrimitives.ReadUInt16BigEndian(body[14..]);
        Payload = body[header..].ToArray();
        ReadOnlySpan<byte> options = body[20..header];
        while (!options.IsEmpty && options[0] != 0)
        {
            if (options[0] == 1)
            {
                options = options[1..];
                continue;
            }

            ReadOnlySpan<byte> value = options[2..options[1]];
            ReadOption(options[0], value);
            options = options[options[1]..];
        }

        Require(Has('S') || (Mss is null && Scale is null && !SackOk), "MSS, window scale and SACK-permitted belong to a SYN");
        Require(options.IndexOfAnyExcept((byte)0) < 0, "padding that is not zero (RFC 9293 3.1)");
    }

    private void ReadOption(byte kind, ReadOnlySpan<byte> value)
    {
        switch (kind)
        {
            case 2:
                Mss = BinaryPrimitives.ReadUInt16BigEndian(value);
                break;
            case 3:
                Scale = value[0];
                Require(value[0] <= 14, "a scale above 14");
                break;
            case 4:
                SackOk = true;
                break;
            case 5:
                for (int i = 0; i + 8 <= value.Length; i += 8)
                {
                    Sack.Add((BinaryPrimitives.ReadUInt32BigEndian(value[i..]), BinaryPrimitives.ReadUInt32BigEndian(value[(i + 4)..])));
                }

                break;
            case 8:
                Stamp = (BinaryPrimitives.ReadUInt32BigEndian(value), BinaryPrimitives.ReadUInt32BigEndian(value[4..]));
                break;
            default:
                Require(false, $"option {kind}, which was never negotiated");
                break;
        }
    }
}
