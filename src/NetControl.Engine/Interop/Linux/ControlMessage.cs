using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary>
/// Reads and writes ancillary data: <c>struct cmsghdr</c> (linux/socket.h), whose entries are aligned to eight bytes on 64-bit machines.
/// </summary>
internal static class ControlMessage
{
    /// <summary>The entry's header: length (8), level (4), type (4).</summary>
    public const int HeaderSize = 16;

    /// <summary>The room that one UDP_SEGMENT entry takes.</summary>
    public const int SegmentSpace = HeaderSize + 8;

    /// <summary>The room that an entry with so many bytes of data takes.</summary>
    public static int Space(int dataLength) => HeaderSize + Align(dataLength);

    /// <summary>Writes a UDP_SEGMENT entry: the kernel cuts the datagram into pieces of so many bytes. Returns its length.</summary>
    public static int WriteUdpSegment(Span<byte> control, ushort segmentSize)
    {
        control[..SegmentSpace].Clear();
        nuint length = HeaderSize + sizeof(ushort);
        int level = Libc.SOL_UDP;
        int type = Libc.UDP_SEGMENT;
        MemoryMarshal.Write(control, in length);
        MemoryMarshal.Write(control[8..], in level);
        MemoryMarshal.Write(control[12..], in type);
        MemoryMarshal.Write(control[HeaderSize..], in segmentSize);
        return SegmentSpace;
    }

    /// <summary>Writes an SCM_RIGHTS entry: descriptors for the peer of a Unix socket.</summary>
    public static void WriteRights(Span<byte> control, ReadOnlySpan<int> descriptors)
    {
        nuint length = (nuint)(HeaderSize + (descriptors.Length * sizeof(int)));
        int level = Libc.SOL_SOCKET;
        int type = Libc.SCM_RIGHTS;
        MemoryMarshal.Write(control, in length);
        MemoryMarshal.Write(control[8..], in level);
        MemoryMarshal.Write(control[12..], in type);
        MemoryMarshal.AsBytes(descriptors).CopyTo(control[HeaderSize..]);
    }

    /// <summary>Takes ownership of every descriptor of every SCM_RIGHTS entry.</summary>
    public static void ReadRights(ReadOnlySpan<byte> control, List<SafeFd> descriptors)
    {
        while (TryRead(ref control, out int level, out int type, out ReadOnlySpan<byte> data))
        {
            if (level == Libc.SOL_SOCKET && type == Libc.SCM_RIGHTS)
            {
                foreach (int descriptor in MemoryMarshal.Cast<byte, int>(data))
                {
                    descriptors.Add(new SafeFd(descriptor));
                }
            }
        }
    }

    /// <summary>Takes the first entry off; false at the end and when the rest is malformed.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> control, out int level, out int type, out ReadOnlySpan<byte> data)
    {
        level = 0;
        type = 0;
        data = default;
        if (control.Length < HeaderSize)
        {
            return false;
        }

        ulong length = MemoryMarshal.Read<ulong>(control);
        if (length < HeaderSize || length > (ulong)control.Length)
        {
            return false;
        }

        level = MemoryMarshal.Read<int>(control[8..]);
        type = MemoryMarshal.Read<int>(control[12..]);
        data = control[HeaderSize..(int)length];
        control = control[Math.Min(control.Length, Align((int)length))..];
        return true;
    }

    /// <summary>The segment size of a datagram that the kernel joined (UDP_GRO), or 0 when it is a single one.</summary>
    public static int FindUdpGro(ReadOnlySpan<byte> control)
    {
        while (TryRead(ref control, out int level, out int type, out ReadOnlySpan<byte> data))
        {
            if (level == Libc.SOL_UDP && type == Libc.UDP_GRO && data.Length >= sizeof(int))
            {
                return MemoryMarshal.Read<int>(data);
            }
        }

        return 0;
    }

    private static int Align(int length) => (length + 7) & ~7;
}
