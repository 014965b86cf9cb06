using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>The header that a SOCKS5 relay puts before each datagram (RFC 1928 section 7).</summary>
internal static class Socks5Datagram
{
    /// <summary>The header's length for a destination: 10 for IPv4, 22 for IPv6.</summary>
    public static int HeaderLength(in HostPort destination) => 3 + Socks5Address.LengthOf(destination);

    /// <summary>Writes the header for a destination.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteHeader(Span<byte> to, in HostPort destination)
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

    /// <summary>Reads the payload behind a header, whoever the source is; it may be a name.</summary>
    public static bool TrySkipHeader(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        int length = datagram.Length < 5 || datagram[0] != 0 || datagram[1] != 0 || datagram[2] != 0
            ? 0 : Socks5Address.Measure(datagram[3], datagram[4]);
        if (length == 0 || datagram.Length < 3 + length)
        {
            return false;
        }

        payload = datagram[(3 + length)..];
        return true;
    }
}
