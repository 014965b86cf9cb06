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

    /// <summary>The fragment's identification.</summary>
    public uint FragmentId;

    /// <summary>Where the fragment's data belongs, in bytes.</summary>
    public int FragmentOffset;

    /// <summary>Whether more fragments follow.</summary>
    public bool MoreFragments;

    /// <summary>Whether this is one of several fragments; an atomic one (RFC 6946) is not.</summary>
    public readonly bool IsFragment => MoreFragments || FragmentOffset != 0;

    /// <summary>Walks the headers behind the fixed one, as far as a transport or a fragment.</summary>
    /// <param name="packet">The packet from its fixed header to the end of its payload.</param>
    /// <param name="chain">What was found; on failure, what was found so far.</param>
    public static ParseResult Walk(ReadOnlySpan<byte> packet, out Ipv6ExtensionChain chain)
    {
        chain = default;
        chain.Protocol = packet[Ipv6Header.NextHeaderOffset];
        chain.Offset = Ipv6Header.Length;
        int announcement = Ipv6Header.NextHeaderOffset;
        for (int count = 0; IsExtension(chain.Protocol); count++)
        {
            ReadOnlySpan<byte> header = packet[chain.Offset..];
            if (header.Length < 8 || count == MaxHeaders)
            {
                return ParseResult.Malformed;
            }

            if (chain.Protocol == IpProtocol.Fragment)
            {
                if (chain.FragmentHeaderOffset != 0)
                {
                    return ParseResult.Malformed;
                }

                chain.ReadFragment(header, announcement);
                announcement = chain.FragmentHeaderOffset;
                if (chain.IsFragment)
                {
                    return ParseResult.Fragment;
                }

                continue;
            }

            int length = chain.Protocol == IpProtocol.Authentication ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
            if (length > header.Length || (chain.Protocol == IpProtocol.HopByHop && count != 0))
            {
                return ParseResult.Malformed;
            }

            if (MustDiscard(chain.Protocol, header[..length]))
            {
                return ParseResult.UnsupportedProtocol;
            }

            announcement = chain.Offset;
            chain.Protocol = header[0];
            chain.Offset += length;
        }

        return ParseResult.Ok;
    }

    private static bool IsExtension(byte protocol) => protocol is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment
        or IpProtocol.Authentication or IpProtocol.DestinationOptions;

    private static bool MustDiscard(byte protocol, ReadOnlySpan<byte> header) => protocol switch
    {
        // RFC 8200 section 4.4: with segments left we would have to be the router that it names.
        IpProtocol.Routing => header[3] != 0,
        IpProtocol.HopByHop or IpProtocol.DestinationOptions => HasMandatoryOption(header[2..]),
        _ => false,
    };

    // RFC 8200 section 4.2: the two highest bits of an unknown option say whether the packet may be used without it.
    private static bool HasMandatoryOption(ReadOnlySpan<byte> options)
    {
        while (!options.IsEmpty)
        {
            if (options[0] == 0)
            {
                options = options[1..];
                continue;
            }

            if ((options[0] & 0xC0) != 0 || options.Length < 2 || options[1] + 2 > options.Length)
            {
                return true;
            }

            options = options[(options[1] + 2)..];
        }

        return false;
    }

    private void ReadFragment(ReadOnlySpan<byte> header, int announcement)
    {
        ushort word = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        FragmentHeaderOffset = Offset;
        FragmentAnnouncementOffset = announcement;
        FragmentOffset = word & 0xFFF8;
        MoreFragments = (word & 1) != 0;
        FragmentId = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        Protocol = header[0];
        Offset += FragmentHeaderLength;
    }
}
