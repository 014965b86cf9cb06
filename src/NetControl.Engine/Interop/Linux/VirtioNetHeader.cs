using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary>
/// <c>struct virtio_net_hdr</c> (linux/virtio_net.h), 10 bytes in host order in front of every packet of a TUN with IFF_VNET_HDR.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct VirtioNetHeader
{
    /// <summary>The header's size on the wire between us and the kernel.</summary>
    public const int Size = 10;

    /// <summary>
    /// Flag: the checksum at <see cref="ChecksumStart"/> + <see cref="ChecksumOffset"/> holds only the pseudo-header's sum; the receiver
    /// completes it.
    /// </summary>
    public const byte NeedsChecksum = 1;

    /// <summary>Flag: the checksum has been verified.</summary>
    public const byte DataValid = 2;

    public const byte GsoNone = 0;
    public const byte GsoTcp4 = 1;
    public const byte GsoUdp = 3;
    public const byte GsoTcp6 = 4;
    public const byte GsoUdpL4 = 5;

    /// <summary>A bit on top of the TCP kinds: the segment carries ECN's CWR.</summary>
    public const byte GsoEcn = 0x80;

    public byte Flags;
    public byte GsoType;
    public ushort HeaderLength;
    public ushort GsoSize;
    public ushort ChecksumStart;
    public ushort ChecksumOffset;

    /// <summary>Reads a header from the first ten bytes.</summary>
    public static VirtioNetHeader Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<VirtioNetHeader>(bytes);

    /// <summary>Writes the header to the first ten bytes.</summary>
    public readonly void Write(Span<byte> bytes) => MemoryMarshal.Write(bytes, in this);
}
