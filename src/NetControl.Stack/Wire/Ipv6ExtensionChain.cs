using System.Buffers.Binary;

namespace NetControl.Stack.Wire;

/// <summary>Where the extension headers of an IPv6 packet lead: to a transport, to a fragment, or nowhere (RFC 8200 section 4).</summary>
internal struct Ipv6ExtensionChain
{
    /// <summary>The length of a fragment header.</summary>
    public const int FragmentHeaderLength = 8;

    // Real packets carry at most three; without a bound, a packet of 64 KiB could hold eight thousand.
    private const int MaxHeaders = 8;

    /// <summary>What follows the last header that was walked.</summary>
    public byte Protocol;

    /// <summary>Where it starts.</summary>
    public int Offset;

    /// <summary>Where the fragment header starts; 0 without one.</summary>
    public int FragmentHeaderOffset;

    /// <summary>Where the number stands that announces the fragment header.</summary>
    public int FragmentAnnouncementOffset;

    /// <summary>Where the number stands that announces <see cref="Protocol"/>.</summary>
    public int AnnouncementOffset;

    /// <summary>What the sender should be told; the first thing that is wrong decides.</summary>
    public IpProblem Problem;

    /// <summary>Which byte of the packet that is about.</summary>
    public int ProblemPointer;

    /// <summary>The fragment's identification.</summary>
    public uint FragmentId;

    /// <summary>Where the fragment's data belongs, in bytes.</summary>
    public int FragmentOffset;

    /// <summary>Whether more fragments follow.</summary>
    public bool MoreFragments;

    /// <summary>Whether this is one of several fragments; an atomic one (RFC 6946) is not.</summary>
    public readonly bool IsFragment => MoreFragments || FragmentOffset != 0;

    /// <summary>Walks the headers behind the fixed one, as far as a transport or a fragment.</summary>
    /// <remarks>
    /// After a header that stops the packet the walk goes on, only to learn what the transport is: errors about errors are never sent.
    /// </remarks>
    /// <param name="packet">The packet from its fixed header to the end of its payload.</param>
    /// <param name="chain">What was found; on failure, what was found so far.</param>
    public static ParseResult Walk(ReadOnlySpan<byte> packet, out Ipv6ExtensionChain chain)
    {
        chain = default;
        chain.Protocol = packet[Ipv6Header.NextHeaderOffset];
        chain.Offset = Ipv6Header.Length;
        chain.AnnouncementOffset = Ipv6Header.NextHeaderOffset;
        ParseResult verdict = ParseResult.Ok;
        for (int count = 0; count < MaxHeaders && IsExtension(chain.Protocol); count++)
        {
            Ipv6ExtensionChain before = chain;
            ParseResult step = chain.Step(packet, isFirst: count == 0);
            if (verdict != ParseResult.Ok)
            {
                (chain.Problem, chain.ProblemPointer) = (before.Problem, before.ProblemPointer);
            }
            else
            {
                verdict = step;
            }

            if (step is ParseResult.Malformed or ParseResult.Fragment)
            {
                return verdict;
            }
        }

        if (verdict == ParseResult.Ok && IsExtension(chain.Protocol))
        {
            return chain.Refuse(ParseResult.BadExtension, IpProblem.TooManyExtensions, chain.Offset);
        }

        return verdict;
    }

    /// <summary>
    /// Whether the headers behind the fragment header of a first fragment are all there, the transport's included (RFC 7112).
    /// </summary>
    public readonly bool ReachesTransport(ReadOnlySpan<byte> packet)
    {
        byte protocol = Protocol;
        int offset = Offset;
        while (IsExtension(protocol))
        {
            if (packet.Length - offset < 8)
            {
                return false;
            }

            int length = protocol == IpProtocol.Fragment ? FragmentHeaderLength : Length(protocol, packet[offset + 1]);
            protocol = packet[offset];
            offset += length;
            if (offset > packet.Length)
            {
                return false;
            }
        }

        int needed = protocol switch
        {
            IpProtocol.Tcp => TcpHeader.MinLength,
            IpProtocol.Udp => UdpHeader.Length,
            IpProtocol.IcmpV6 => IcmpHeader.Length,
            _ => 0,
        };
        return packet.Length - offset >= needed;
    }

    private ParseResult Step(ReadOnlySpan<byte> packet, bool isFirst)
    {
        ReadOnlySpan<byte> header = packet[Offset..];
        if (header.Length < 8)
        {
            return ParseResult.Malformed;
        }

        if (Protocol == IpProtocol.Fragment)
        {
            ReadFragment(header);
            return IsFragment ? ParseResult.Fragment : ParseResult.Ok;
        }

        int length = Length(Protocol, header[1]);
        if (length > header.Length)
        {
            return ParseResult.Malformed;
        }

        ParseResult result = Protocol switch
        {
            // RFC 8200 section 4: anywhere but right behind the fixed header it is a next header that nobody knows.
            IpProtocol.HopByHop when !isFirst => Refuse(ParseResult.UnsupportedProtocol, IpProblem.NextHeader, AnnouncementOffset),
            IpProtocol.HopByHop or IpProtocol.DestinationOptions => CheckOptions(header[..length]),

            // RFC 8200 section 4.4, and RFC 5095 for type 0: with segments left we would have to be the router that it names.
            IpProtocol.Routing when header[3] != 0 => Refuse(ParseResult.SourceRoute, IpProblem.HeaderField, Offset + 2),
            _ => ParseResult.Ok,
        };
        AnnouncementOffset = Offset;
        Protocol = header[0];
        Offset += length;
        return result;
    }

    private static bool IsExtension(byte protocol) => protocol is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment
        or IpProtocol.Authentication or IpProtocol.DestinationOptions;

    private static int Length(byte protocol, byte field) => protocol == IpProtocol.Authentication ? (field + 2) * 4 : (field + 1) * 8;

    // RFC 8200 section 4.2: the two highest bits of an unknown option say whether the packet may be used without it, and who is told.
    private ParseResult CheckOptions(ReadOnlySpan<byte> header)
    {
        int at = 2;
        while (at < header.Length)
        {
            byte type = header[at];
            if (type == 0)
            {
                at++;
                continue;
            }

            if (at + 2 > header.Length || at + 2 + header[at + 1] > header.Length)
            {
                return Refuse(ParseResult.BadOption, IpProblem.HeaderField, Offset + at);
            }

            if (type >> 6 != 0)
            {
                IpProblem problem = (type >> 6) switch
                {
                    1 => IpProblem.None,
                    2 => IpProblem.OptionForAll,
                    _ => IpProblem.Option,
                };
                return Refuse(ParseResult.BadOption, problem, Offset + at);
            }

            at += header[at + 1] + 2;
        }

        return ParseResult.Ok;
    }

    private ParseResult Refuse(ParseResult result, IpProblem problem, int pointer)
    {
        (Problem, ProblemPointer) = (problem, problem == IpProblem.None ? 0 : pointer);
        return result;
    }

    private void ReadFragment(ReadOnlySpan<byte> header)
    {
        ushort word = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        FragmentHeaderOffset = Offset;
        FragmentAnnouncementOffset = AnnouncementOffset;
        FragmentOffset = word & 0xFFF8;
        MoreFragments = (word & 1) != 0;
        FragmentId = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        AnnouncementOffset = Offset;
        Protocol = header[0];
        Offset += FragmentHeaderLength;
    }
}
