using System.Buffers;
using System.Globalization;
using System.Text;
using NetControl.Network;

namespace NetControl.Transport.Http;

/// <summary>A destination as HTTP writes it: <c>name:port</c>, <c>192.0.2.1:443</c>, <c>[2001:db8::1]:443</c> (RFC 9110 section 7.2).</summary>
internal static class HttpAuthority
{
    /// <summary>Room for the longest destination.</summary>
    public const int MaxLength = 255 + 1 + 5;

    // RFC 3986 section 3.2.2, without what no resolver takes: percent-encoding, delimiters, and anything that could end a line.
    private static readonly SearchValues<char> s_name =
        SearchValues.Create("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Whether a destination can be written. A name of other letters has to come in its ASCII form (punycode).</summary>
    public static bool CanCarry(in HostPort destination) => destination.IsAddress || !destination.Host.AsSpan().ContainsAnyExcept(s_name);

    /// <summary>Writes a destination that <see cref="CanCarry"/>.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Write(Span<byte> to, in HostPort destination)
    {
        int length = 0;
        if (destination.IsAddress)
        {
            bool bracketed = !destination.Address.IsV4;
            to[0] = (byte)'[';
            _ = destination.Address.Address.TryFormat(to[(bracketed ? 1 : 0)..], out length, default, CultureInfo.InvariantCulture);
            if (bracketed)
            {
                length++;
                to[length++] = (byte)']';
            }
        }
        else
        {
            length = Encoding.ASCII.GetBytes(destination.Host, to);
        }

        to[length++] = (byte)':';
        _ = destination.Port.TryFormat(to[length..], out int digits, default, CultureInfo.InvariantCulture);
        return length + digits;
    }
}
