using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>The address of RFC 1928 section 5 - a type, the address, a port - read and written in place.</summary>
internal static class Socks5Address
{
    /// <summary>The longest form: type, length, 255 bytes of name, port.</summary>
    public const int MaxLength = 1 + 1 + 255 + 2;

    private const byte V4 = 1;
    private const byte Name = 3;
    private const byte V6 = 4;

    /// <summary>The bytes an address takes: 7 for IPv4, 19 for IPv6.</summary>
    public static int LengthOf(in AddrPort address) => address.IsV4 ? 7 : 19;

    /// <summary>The bytes a destination takes.</summary>
    public static int LengthOf(in HostPort destination) => destination.IsAddress
        ? LengthOf(destination.Address) : 1 + 1 + Encoding.UTF8.GetByteCount(destination.Host) + 2;

    /// <summary>Writes an address. The destination has room for its length.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Write(Span<byte> to, in AddrPort address)
    {
        int length = LengthOf(address);
        if (address.IsV4)
        {
            to[0] = V4;
            address.Address.WriteV4(to[1..]);
        }
        else
        {
            to[0] = V6;
            address.Address.WriteV6(to[1..]);
        }

        BinaryPrimitives.WriteUInt16BigEndian(to[(length - 2)..], address.Port);
        return length;
    }

    /// <summary>Whether a destination can be written: a name may be 255 bytes of UTF-8 long.</summary>
    public static bool CanCarry(in HostPort destination) => destination.IsAddress || Encoding.UTF8.GetByteCount(destination.Host) <= 255;

    /// <summary>Writes a destination. The destination buffer has room for <see cref="MaxLength"/>.</summary>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="Socks5Exception">The name is longer than 255 bytes of UTF-8, which the protocol cannot carry.</exception>
    public static int Write(Span<byte> to, in HostPort destination)
    {
        if (destination.IsAddress)
        {
            return Write(to, destination.Address);
        }

        if (!Encoding.UTF8.TryGetBytes(destination.Host, to.Slice(2, 255), out int length))
        {
            throw new Socks5Exception(DialFailure.NameNotResolved, "the host name is longer than the 255 bytes that SOCKS5 can carry");
        }

        to[0] = Name;
        to[1] = (byte)length;
        BinaryPrimitives.WriteUInt16BigEndian(to[(2 + length)..], destination.Port);
        return 2 + length + 2;
    }

    /// <summary>How long the address is, given its first two bytes; 0 if its type is unknown.</summary>
    public static int Measure(byte type, byte firstByte) => type switch
    {
        V4 => 7,
        V6 => 19,
        Name => 1 + 1 + firstByte + 2,
        _ => 0,
    };

    /// <summary>Reads an IP address and port from the front of the bytes. A name is not an address.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out AddrPort address, out int length)
    {
        address = default;
        length = from.IsEmpty || from[0] == Name ? 0 : Measure(from[0], 0);
        if (length == 0 || from.Length < length)
        {
            return false;
        }

        IpAddr ip = from[0] == V4 ? IpAddr.ReadV4(from[1..]) : IpAddr.ReadV6(from[1..]);
        address = new AddrPort(ip, BinaryPrimitives.ReadUInt16BigEndian(from[(length - 2)..]));
        return true;
    }

    /// <summary>Reads an address or a name and a port that fill the bytes exactly. A name that is an IP literal is an address.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, [NotNullWhen(true)] out HostPort? destination)
    {
        destination = null;
        if (from.Length < 2 || Measure(from[0], from[1]) != from.Length)
        {
            return false;
        }

        if (TryRead(from, out AddrPort address, out _))
        {
            destination = address;
            return true;
        }

        if (from[1] == 0)
        {
            return false;
        }

        destination = new HostPort(Encoding.UTF8.GetString(from.Slice(2, from[1])), BinaryPrimitives.ReadUInt16BigEndian(from[^2..]));
        return true;
    }
}
