using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetControl.Network;

namespace NetControl.Engine.Interop.Linux;

/// <summary>
/// Room for a <c>sockaddr_in</c>, <c>sockaddr_in6</c> or <c>sockaddr_nl</c> (linux/in.h, linux/in6.h, linux/netlink.h); 28 bytes, the
/// largest of them.
/// </summary>
[InlineArray(Size)]
internal struct SockAddr
{
    /// <summary>The size of the room.</summary>
    public const int Size = 28;

    private const int V4Length = 16;
    private const int V6Length = 28;
    private const int NetlinkLength = 12;

    private byte _first;

    /// <summary>The address family.</summary>
    public readonly int Family => MemoryMarshal.Read<ushort>(Bytes);

    /// <summary>The length that the kernel wants for this family.</summary>
    public readonly int Length => Family switch
    {
        Libc.AF_INET => V4Length,
        Libc.AF_NETLINK => NetlinkLength,
        _ => V6Length,
    };

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    private readonly ReadOnlySpan<byte> Bytes => MemoryMarshal.CreateReadOnlySpan(in _first, Size);

    /// <summary>The address in its own family.</summary>
    public static SockAddr From(AddrPort address)
    {
        SockAddr result = default;
        result.Write(address, mapped: false);
        return result;
    }

    /// <summary>The address for an IPv6 socket: an IPv4 address in its mapped form.</summary>
    public static SockAddr FromMapped(AddrPort address)
    {
        SockAddr result = default;
        result.Write(address, mapped: true);
        return result;
    }

    /// <summary>The kernel's netlink address, or, for binding, "choose a port id for me".</summary>
    public static SockAddr Netlink()
    {
        SockAddr result = default;
        ushort family = Libc.AF_NETLINK;
        MemoryMarshal.Write(result, in family);
        return result;
    }

    /// <summary>Overwrites with an address; <paramref name="mapped"/> as in <see cref="FromMapped"/>.</summary>
    public void Write(AddrPort address, bool mapped)
    {
        Span<byte> bytes = this;
        bytes.Clear();
        bool v4 = address.IsV4 && !mapped;
        ushort family = v4 ? (ushort)Libc.AF_INET : (ushort)Libc.AF_INET6;
        MemoryMarshal.Write(bytes, in family);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], address.Port);
        if (v4)
        {
            address.Address.WriteV4(bytes[4..]);
        }
        else
        {
            address.Address.WriteV6(bytes[8..]);
        }
    }

    /// <summary>Reads an IPv4 or IPv6 address; a mapped one comes out as IPv4. False for other families.</summary>
    public readonly bool TryRead(out AddrPort address) => TryRead(Bytes, out address);

    /// <summary>Reads a <c>sockaddr</c> from bytes; false when the family is another one or the bytes are too few.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out AddrPort address)
    {
        address = default;
        if (bytes.Length < sizeof(ushort))
        {
            return false;
        }

        switch (MemoryMarshal.Read<ushort>(bytes))
        {
            case Libc.AF_INET when bytes.Length >= 8:
                address = new AddrPort(IpAddr.ReadV4(bytes[4..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
                return true;
            case Libc.AF_INET6 when bytes.Length >= 24:
                // IpAddr stores IPv4 as mapped, so a mapped address needs no special case.
                address = new AddrPort(IpAddr.ReadV6(bytes[8..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
                return true;
            default:
                return false;
        }
    }
}
