using System.Buffers.Binary;
using NetControl.Network;

namespace NetControl.Stack.Wire;

/// <summary>A view of the fixed IPv6 header (RFC 8200 section 3) inside a packet: once parsed, no accessor can fail.</summary>
public readonly ref struct Ipv6Header
{
    /// <summary>The length of the fixed header.</summary>
    public const int Length = 40;

    internal const int VersionOffset = 0;
    internal const int PayloadLengthOffset = 4;
    internal const int NextHeaderOffset = 6;
    internal const int HopLimitOffset = 7;
    internal const int SourceOffset = 8;
    internal const int DestinationOffset = 24;

    private readonly ReadOnlySpan<byte> _bytes;

    private Ipv6Header(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>DSCP and ECN.</summary>
    public byte TrafficClass => (byte)(BinaryPrimitives.ReadUInt16BigEndian(_bytes) >> 4);

    /// <summary>The flow label, 20 bits.</summary>
    public uint FlowLabel => BinaryPrimitives.ReadUInt32BigEndian(_bytes) & 0xF_FFFF;

    /// <summary>Everything after this header, in bytes, as the header claims.</summary>
    public int PayloadLength => BinaryPrimitives.ReadUInt16BigEndian(_bytes[PayloadLengthOffset..]);

    /// <summary>What follows: an extension header or a transport.</summary>
    public byte NextHeader => _bytes[NextHeaderOffset];

    /// <summary>Hop limit.</summary>
    public byte HopLimit => _bytes[HopLimitOffset];

    /// <summary>The source address.</summary>
    public IpAddr Source => IpAddr.ReadV6(_bytes[SourceOffset..]);

    /// <summary>The destination address.</summary>
    public IpAddr Destination => IpAddr.ReadV6(_bytes[DestinationOffset..]);

    /// <summary>Finds an IPv6 header at the start of a packet; only length and version are judged here.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out Ipv6Header header)
    {
        header = default;
        if (packet.Length < Length || packet[VersionOffset] >> 4 != 6)
        {
            return false;
        }

        header = new Ipv6Header(packet[..Length]);
        return true;
    }

    /// <summary>Writes a header and returns its length.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    /// <param name="from">The source address.</param>
    /// <param name="to">The destination address.</param>
    /// <param name="nextHeader">What follows.</param>
    /// <param name="payloadLength">Everything after this header, at most 65,535.</param>
    /// <param name="hopLimit">Hop limit.</param>
    /// <param name="trafficClass">DSCP and ECN.</param>
    /// <param name="flowLabel">The flow label, 20 bits.</param>
    public static int Write(
        Span<byte> destination,
        IpAddr from,
        IpAddr to,
        byte nextHeader,
        int payloadLength,
        byte hopLimit,
        byte trafficClass,
        uint flowLabel)
    {
        System.Diagnostics.Debug.Assert(payloadLength is >= 0 and <= ushort.MaxValue, "jumbograms are not spoken here");
        destination = destination[..Length];
        BinaryPrimitives.WriteUInt32BigEndian(destination, 0x6000_0000 | ((uint)trafficClass << 20) | (flowLabel & 0xF_FFFF));
        uint second = ((uint)payloadLength << 16) | ((uint)nextHeader << 8) | hopLimit;
        BinaryPrimitives.WriteUInt32BigEndian(destination[PayloadLengthOffset..], second);
        from.WriteV6(destination[SourceOffset..]);
        to.WriteV6(destination[DestinationOffset..]);
        return Length;
    }
}
