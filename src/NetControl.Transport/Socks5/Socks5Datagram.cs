using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>The header that a SOCKS5 relay puts before each datagram (RFC 1928 section 7).</summary>
internal static class Socks5Datagram
{
    /// <summary>The longest header written here: reserved, fragment, IPv6 address.</summary>
    public const int MaxHeader = 3 + 19;

    /// <summary>The header's length for an address: 10 for IPv4, 22 for IPv6.</summary>
    public static int HeaderLength(in AddrPort address) => 3 + Socks5Address.LengthOf(address);

    /// <summary>Writes the header for a destination.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteHeader(Span<byte> to, in AddrPort destination)
    {
        to[..3].Clear();
        return 3 + Socks5Address.Write(to[3..], destination);
    }

    /// <summary>Reads the header. Fragments are refused, as the standard allows, and so are sources that are names.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out AddrPort source, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        source = default;
        if (datagram.Length < 10 || datagram[0] != 0 || datagram[1] != 0 || datagram[2] != 0)
        {
            return false;
        }

        if (!Socks5Address.TryRead(datagram[3..], out source, out int length))
        {
            return false;
        }

        payload = datagram[(3 + length)..];
        return true;
    }
}
