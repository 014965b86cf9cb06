using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetControl.Network;

namespace NetControl.Stack.Wire;

/// <summary>A view of an IPv4 header (RFC 791) inside a packet: once parsed, no accessor can fail.</summary>
public readonly ref struct Ipv4Header
{
    /// <summary>The length of a header without options.</summary>
    public const int MinLength = 20;

    /// <summary>The "don't fragment" bit of the fragment word.</summary>
    public const ushort DontFragmentBit = 0x4000;

    /// <summary>The "more fragments" bit of the fragment word.</summary>
    public const ushort MoreFragmentsBit = 0x2000;

    internal const int VersionOffset = 0;
    internal const int TosOffset = 1;
    internal const int TotalLengthOffset = 2;
    internal const int IdOffset = 4;
    internal const int FragmentOffsetOffset = 6;
    internal const int TtlOffset = 8;
    internal const int ProtocolOffset = 9;
    internal const int ChecksumOffset = 10;
    internal const int SourceOffset = 12;
    internal const int DestinationOffset = 16;
    internal const ushort FragmentOffsetMask = 0x1FFF;

    private readonly ReadOnlySpan<byte> _bytes;

    private Ipv4Header(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Header length in bytes, options included: 20 to 60.</summary>
    public int Length => _bytes.Length;

    /// <summary>Type of service: DSCP and ECN.</summary>
    public byte Tos => _bytes[TosOffset];

    /// <summary>Header and payload in bytes, as the header claims.</summary>
    public int TotalLength => BinaryPrimitives.ReadUInt16BigEndian(_bytes[TotalLengthOffset..]);

    /// <summary>The datagram's identification.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(_bytes[IdOffset..]);

    /// <summary>Whether routers may not fragment it.</summary>
    public bool DontFragment => (FragmentWord & DontFragmentBit) != 0;

    /// <summary>Whether more fragments follow.</summary>
    public bool MoreFragments => (FragmentWord & MoreFragmentsBit) != 0;

    /// <summary>Where this fragment's data belongs, in bytes.</summary>
    public int FragmentOffset => (FragmentWord & FragmentOffsetMask) << 3;

    /// <summary>Time to live.</summary>
    public byte Ttl => _bytes[TtlOffset];

    /// <summary>The transport's protocol number.</summary>
    public byte Protocol => _bytes[ProtocolOffset];

    /// <summary>The header checksum as it stands.</summary>
    public ushort HeaderChecksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[ChecksumOffset..]);

    /// <summary>Whether the header checksum is right.</summary>
    public bool IsChecksumValid => Checksum.IsValid(Checksum.Sum(_bytes));

    /// <summary>The source address.</summary>
    public IpAddr Source => IpAddr.ReadV4(_bytes[SourceOffset..]);

    /// <summary>The destination address.</summary>
    public IpAddr Destination => IpAddr.ReadV4(_bytes[DestinationOffset..]);

    /// <summary>The options, padding included; empty in almost every packet.</summary>
    public ReadOnlySpan<byte> Options => _bytes[MinLength..];

    private ushort FragmentWord => BinaryPrimitives.ReadUInt16BigEndian(_bytes[FragmentOffsetOffset..]);

    /// <summary>Finds an IPv4 header at the start of a packet; only version and header length are judged here.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out Ipv4Header header)
    {
        header = default;
        if (packet.Length < MinLength || packet[VersionOffset] >> 4 != 4)
        {
            return false;
        }

        int length = (packet[VersionOffset] & 0x0F) << 2;
        if (length < MinLength || length > packet.Length)
        {
            return false;
        }

        header = new Ipv4Header(packet[..length]);
        return true;
    }

    /// <summary>Writes a header without options, checksum included, and returns its length.</summary>
    /// <param name="destination">At least <see cref="MinLength"/> bytes.</param>
    /// <param name="from">The source address.</param>
    /// <param name="to">The destination address.</param>
    /// <param name="protocol">The transport's protocol number.</param>
    /// <param name="totalLength">Header and payload, at most 65,535.</param>
    /// <param name="id">The identification.</param>
    /// <param name="fragmentWord">Flags and fragment offset as they stand in the header.</param>
    /// <param name="ttl">Time to live.</param>
    /// <param name="tos">Type of service.</param>
    public static int Write(
        Span<byte> destination, IpAddr from, IpAddr to, byte protocol, int totalLength, ushort id, ushort fragmentWord, byte ttl, byte tos)
    {
        System.Diagnostics.Debug.Assert(totalLength is >= MinLength and <= ushort.MaxValue, "an IPv4 packet has at most 65,535 bytes");
        destination = destination[..MinLength];
        uint first = 0x4500_0000 | ((uint)tos << 16) | (uint)totalLength;
        uint second = ((uint)id << 16) | fragmentWord;
        uint third = ((uint)ttl << 24) | ((uint)protocol << 16);
        ulong sum = (ulong)first + second + third + from.V4 + to.V4;
        uint folded = Checksum.Combine((uint)sum, (uint)(sum >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(destination, first);
        BinaryPrimitives.WriteUInt32BigEndian(destination[IdOffset..], second);
        BinaryPrimitives.WriteUInt32BigEndian(destination[TtlOffset..], third | Checksum.Finish(folded));
        BinaryPrimitives.WriteUInt32BigEndian(destination[SourceOffset..], from.V4);
        BinaryPrimitives.WriteUInt32BigEndian(destination[DestinationOffset..], to.V4);
        return MinLength;
    }

    /// <summary>Computes the checksum of a header whose other fields were changed in place.</summary>
    /// <param name="header">Exactly the header, options included.</param>
    public static void UpdateChecksum(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header[ChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(header[ChecksumOffset..], Checksum.Finish(Checksum.Sum(header)));
    }

    /// <summary>Whether the checksum of a header of exactly twenty bytes is right: the common case without a loop.</summary>
    internal static bool IsPlainChecksumValid(ReadOnlySpan<byte> header)
    {
        header = header[..MinLength];
        ulong a = MemoryMarshal.Read<ulong>(header);
        ulong b = MemoryMarshal.Read<ulong>(header[8..]);
        ulong sum = (a & 0xFFFF_FFFF) + (a >> 32) + (b & 0xFFFF_FFFF) + (b >> 32) + MemoryMarshal.Read<uint>(header[16..]);

        // All ones reads the same in both byte orders, so there is nothing to swap.
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return sum == 0xFFFF;
    }
}
