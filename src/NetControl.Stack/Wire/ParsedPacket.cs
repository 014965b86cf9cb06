using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Tcp;

namespace NetControl.Stack.Wire;

/// <summary>What the stack wants to know of one IP packet, read in one pass: offsets and values, no reference to the bytes.</summary>
/// <remarks>
/// <para>Invariant of a result of Ok: <c>TransportOffset &lt;= PayloadOffset</c> and <c>PayloadOffset + PayloadLength &lt;= TotalLength</c>
/// and <c>TotalLength &lt;=</c> the packet's length. Of a Fragment: <c>TransportOffset</c> is where the fragment's data starts,
/// <c>PayloadOffset</c> the same, <c>PayloadLength</c> how much of it there is.</para>
/// <para>After UnsupportedProtocol and Fragment all IP fields are valid; after the other verdicts those that were read before. When there
/// is
/// a <see cref="Problem"/>, the addresses and what was found of the transport are among them.</para>
/// </remarks>
public partial struct ParsedPacket
{
    /// <summary>The source address.</summary>
    public IpAddr Source;

    /// <summary>The destination address.</summary>
    public IpAddr Destination;

    /// <summary>The packet's length by its IP header; what lies behind is not part of it.</summary>
    public int TotalLength;

    /// <summary>Where the transport header starts: the end of the IP header, its options and extensions.</summary>
    public int TransportOffset;

    /// <summary>Where the payload starts: the end of all headers.</summary>
    public int PayloadOffset;

    /// <summary>The length of the payload.</summary>
    public int PayloadLength;

    /// <summary>The source port of TCP and UDP.</summary>
    public ushort SourcePort;

    /// <summary>The destination port of TCP and UDP.</summary>
    public ushort DestinationPort;

    /// <summary>4 or 6.</summary>
    public byte Version;

    /// <summary>The transport's protocol number, behind all extension headers.</summary>
    public byte Protocol;

    /// <summary>DSCP and ECN: type of service or traffic class.</summary>
    public byte TrafficClass;

    /// <summary>Time to live or hop limit.</summary>
    public byte HopLimit;

    /// <summary>Whether the destination is a multicast group or IPv4's broadcast address; with TCP that is a martian.</summary>
    public bool IsMulticastDestination;

    /// <summary>Whether this is one of several fragments.</summary>
    public bool IsFragment;

    /// <summary>Whether more fragments follow this one.</summary>
    public bool MoreFragments;

    /// <summary>What the sender should be told about a packet that was refused.</summary>
    public IpProblem Problem;

    /// <summary>The type of an ICMP or ICMPv6 message.</summary>
    public byte IcmpType;

    /// <summary>The code of an ICMP or ICMPv6 message.</summary>
    public byte IcmpCode;

    /// <summary>The control bits of a TCP segment.</summary>
    public TcpFlags Flags;

    /// <summary>The window of a TCP segment, not scaled.</summary>
    public ushort Window;

    /// <summary>The urgent pointer of a TCP segment.</summary>
    public ushort Urgent;

    /// <summary>The sequence number of a TCP segment.</summary>
    public SequenceNumber Seq;

    /// <summary>The acknowledgment number of a TCP segment.</summary>
    public SequenceNumber Ack;

    /// <summary>The identification that the fragments of one packet share: 16 bits in IPv4, 32 in IPv6.</summary>
    public uint FragmentId;

    /// <summary>Where the fragment's data belongs in its packet, in bytes.</summary>
    public int FragmentOffset;

    /// <summary>Where the IPv6 fragment header starts; 0 without one.</summary>
    public int FragmentHeaderOffset;

    /// <summary>Where the IPv6 next-header number stands that announces the fragment header.</summary>
    public int FragmentAnnouncementOffset;

    /// <summary>Which byte of the packet the <see cref="Problem"/> is about.</summary>
    public int ProblemPointer;

    /// <summary>The four bytes behind an ICMP checksum: identifier and sequence of an echo, MTU of "too big".</summary>
    public uint IcmpRest;

    /// <summary>The options of a TCP segment.</summary>
    public TcpOptions Options;

    // Where the number stands that announces the transport: what a report of an unknown one points to.
    private int _announcementOffset;

    /// <summary>Whether the packet is IPv4.</summary>
    public readonly bool IsV4 => Version == 4;

    /// <summary>The flow of a TCP or UDP packet.</summary>
    public readonly FlowKey Flow => new(Protocol, Source, SourcePort, Destination, DestinationPort);

    /// <summary>The source address and port.</summary>
    public readonly AddrPort From => new(Source, SourcePort);

    /// <summary>The destination address and port.</summary>
    public readonly AddrPort To => new(Destination, DestinationPort);

    /// <summary>The payload within the packet that was parsed.</summary>
    public readonly ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> packet) => packet.Slice(PayloadOffset, PayloadLength);

    /// <summary>Reads a packet of either family. Any bytes are allowed; none make it throw.</summary>
    /// <param name="packet">One packet, from its IP header on. Bytes behind its total length are ignored.</param>
    /// <param name="trust">Whether the transport checksum needs verifying; that of the IPv4 header is always verified.</param>
    /// <param name="parsed">What was read.</param>
    public static ParseResult TryParse(ReadOnlySpan<byte> packet, ChecksumTrust trust, out ParsedPacket parsed)
    {
        parsed = default;
        if (packet.Length >= Ipv4Header.MinLength)
        {
            int version = packet[0] >> 4;
            if (version == 4)
            {
                return parsed.ReadV4(packet, trust);
            }

            if (version == 6)
            {
                return parsed.ReadV6(packet, trust);
            }
        }

        return ParseResult.Malformed;
    }

    private ParseResult ReadV4(ReadOnlySpan<byte> packet, ChecksumTrust trust)
    {
        uint first = BinaryPrimitives.ReadUInt32BigEndian(packet);
        int total = (int)(first & 0xFFFF);
        int headerLength = (int)(first >> 22) & 0x3C;
        if (headerLength < Ipv4Header.MinLength || total < headerLength || total > packet.Length)
        {
            return ParseResult.Malformed;
        }

        Version = 4;
        TrafficClass = (byte)(first >> 16);
        TotalLength = total;
        TransportOffset = headerLength;
        PayloadOffset = headerLength;
        PayloadLength = total - headerLength;
        HopLimit = packet[Ipv4Header.TtlOffset];
        Protocol = packet[Ipv4Header.ProtocolOffset];
        uint source = BinaryPrimitives.ReadUInt32BigEndian(packet[Ipv4Header.SourceOffset..]);
        uint destination = BinaryPrimitives.ReadUInt32BigEndian(packet[Ipv4Header.DestinationOffset..]);
        Source = IpAddr.FromV4(source);
        Destination = IpAddr.FromV4(destination);
        bool valid = headerLength == Ipv4Header.MinLength
            ? Ipv4Header.IsPlainChecksumValid(packet)
            : Checksum.IsValid(Checksum.Sum(packet[..headerLength]));
        if (!valid)
        {
            return ParseResult.BadChecksum;
        }

        // RFC 1122 section 3.2.1.3. Source: this network, loopback, multicast, class E with the limited broadcast (RFC 1812 section 5.3.7).
        // Destination: this network, loopback. TTL is not looked at: RFC 1122 section 3.2.1.7 forbids a host to drop for it.
        if (IsNowhere(source) || source >> 28 >= 0xE || IsNowhere(destination))
        {
            return ParseResult.Martian;
        }

        IsMulticastDestination = IsGroup(destination);
        if (headerLength != Ipv4Header.MinLength)
        {
            ParseResult options = Ipv4Options.Check(packet[..headerLength], out ProblemPointer);
            if (options != ParseResult.Ok)
            {
                Problem = options == ParseResult.BadOption ? IpProblem.HeaderField : IpProblem.None;
                FragmentOffset = (BinaryPrimitives.ReadUInt16BigEndian(packet[Ipv4Header.FragmentOffsetOffset..])
                    & Ipv4Header.FragmentOffsetMask) << 3;
                return options;
            }
        }

        ushort fragmentWord = BinaryPrimitives.ReadUInt16BigEndian(packet[Ipv4Header.FragmentOffsetOffset..]);
        FragmentId = BinaryPrimitives.ReadUInt16BigEndian(packet[Ipv4Header.IdOffset..]);
        if ((fragmentWord & (Ipv4Header.MoreFragmentsBit | Ipv4Header.FragmentOffsetMask)) != 0)
        {
            FragmentOffset = (fragmentWord & Ipv4Header.FragmentOffsetMask) << 3;
            MoreFragments = (fragmentWord & Ipv4Header.MoreFragmentsBit) != 0;
            return JudgeFragment(Ipv4Header.MinLength + FragmentOffset + PayloadLength);
        }

        return ReadTransport(packet[headerLength..total], trust);
    }

    private ParseResult ReadV6(ReadOnlySpan<byte> packet, ChecksumTrust trust)
    {
        if (packet.Length < Ipv6Header.Length)
        {
            return ParseResult.Malformed;
        }

        int total = Ipv6Header.Length + BinaryPrimitives.ReadUInt16BigEndian(packet[Ipv6Header.PayloadLengthOffset..]);
        if (total > packet.Length)
        {
            return ParseResult.Malformed;
        }

        Version = 6;
        TrafficClass = (byte)(BinaryPrimitives.ReadUInt16BigEndian(packet) >> 4);
        TotalLength = total;
        Protocol = packet[Ipv6Header.NextHeaderOffset];
        HopLimit = packet[Ipv6Header.HopLimitOffset];
        Source = IpAddr.ReadV6(packet[Ipv6Header.SourceOffset..]);
        Destination = IpAddr.ReadV6(packet[Ipv6Header.DestinationOffset..]);
        TransportOffset = Ipv6Header.Length;
        _announcementOffset = Ipv6Header.NextHeaderOffset;
        IsMulticastDestination = IsGroup(Destination);

        // Nobody's address may only ask neighbours and groups who is there (RFC 4291 section 2.5.2, RFC 4862, RFC 3810).
        bool nobody = Source == default && IsMulticastDestination;
        if ((IsMartianV6(Source) && !nobody) || IsGroup(Source) || IsMartianV6(Destination))
        {
            return ParseResult.Martian;
        }

        if (total == Ipv6Header.Length && Protocol == IpProtocol.HopByHop)
        {
            return ReadJumbogram(packet);
        }

        // Nearly every packet has its transport right behind the fixed header.
        if (Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.IcmpV6))
        {
            ParseResult result = ReadExtensions(packet[..total]);
            if (result != ParseResult.Ok)
            {
                return result;
            }
        }

        ParseResult transport = ReadTransport(packet[TransportOffset..total], trust);
        return nobody && Protocol != IpProtocol.IcmpV6 ? ParseResult.Martian : transport;
    }

    // RFC 2675 section 3: without a payload length the real one is in an option, which we do not know and which wants that reported.
    private ParseResult ReadJumbogram(ReadOnlySpan<byte> packet)
    {
        ParseResult result = Ipv6ExtensionChain.Walk(packet, out Ipv6ExtensionChain chain);
        if (result != ParseResult.BadOption)
        {
            return ParseResult.Malformed;
        }

        Protocol = chain.Protocol;
        TotalLength = packet.Length;
        TransportOffset = PayloadOffset = Ipv6Header.Length;
        (Problem, ProblemPointer) = (chain.Problem, chain.ProblemPointer);
        return result;
    }

    private ParseResult ReadExtensions(ReadOnlySpan<byte> packet)
    {
        ParseResult result = Ipv6ExtensionChain.Walk(packet, out Ipv6ExtensionChain chain);
        Protocol = chain.Protocol;
        TransportOffset = chain.Offset;
        PayloadOffset = chain.Offset;
        PayloadLength = packet.Length - chain.Offset;
        FragmentId = chain.FragmentId;
        FragmentOffset = chain.FragmentOffset;
        FragmentHeaderOffset = chain.FragmentHeaderOffset;
        FragmentAnnouncementOffset = chain.FragmentAnnouncementOffset;
        MoreFragments = chain.MoreFragments;
        _announcementOffset = chain.AnnouncementOffset;
        (Problem, ProblemPointer) = (chain.Problem, chain.ProblemPointer);
        if (result != ParseResult.Fragment)
        {
            return result;
        }

        // What stands before the fragment header counts against the reassembled payload's 65,535 bytes.
        result = JudgeFragment(FragmentHeaderOffset - Ipv6Header.Length + FragmentOffset + PayloadLength);
        if (result == ParseResult.Fragment && FragmentOffset == 0 && !chain.ReachesTransport(packet))
        {
            Problem = IpProblem.IncompleteChain;
            return ParseResult.BadExtension;
        }

        return result;
    }

    private ParseResult JudgeFragment(int wholeLength)
    {
        IsFragment = true;

        // All but the last are multiples of eight (RFC 791 section 3.2, RFC 8200 section 4.5); beyond 65,535 lies the "ping of death".
        bool fits = wholeLength <= ushort.MaxValue;
        if (PayloadLength > 0 && (!MoreFragments || PayloadLength % 8 == 0) && fits)
        {
            return ParseResult.Fragment;
        }

        if (Version == 6)
        {
            Problem = IpProblem.HeaderField;
            ProblemPointer = fits ? Ipv6Header.PayloadLengthOffset : FragmentHeaderOffset + 2;
        }

        return ParseResult.Malformed;
    }

    private static bool IsNowhere(uint v4) => v4 >> 24 is 0 or 127;

    private static bool IsGroup(uint v4) => v4 >> 28 == 0xE || v4 == uint.MaxValue;

    private static bool IsGroup(IpAddr v6) => v6.High >> 56 == 0xFF;

    // Unspecified, loopback, or an IPv4 address in disguise: all have an empty first half.
    private static bool IsMartianV6(IpAddr address) => address.High == 0 && (address.Low <= 1 || address.IsV4);
}
