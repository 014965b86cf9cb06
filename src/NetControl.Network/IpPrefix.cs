using System.Globalization;

namespace NetControl.Network;

/// <summary>An address with a prefix length: an interface address (host bits kept) or a network (host bits zero).</summary>
/// <param name="Address">The address.</param>
/// <param name="Length">The prefix length: 0 to 32 for IPv4, 0 to 128 for IPv6.</param>
public readonly record struct IpPrefix(IpAddr Address, int Length)
{
    /// <summary>Parses <c>10.0.0.1/24</c> or <c>fd00::1/64</c>; without a slash the length is the whole address.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        prefix = default;
        int slash = text.IndexOf('/');
        if (!IpAddr.TryParse(slash < 0 ? text : text[..slash], out IpAddr address))
        {
            return false;
        }

        int width = address.IsV4 ? 32 : 128;
        int length = width;
        if (slash >= 0 && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > width))
        {
            return false;
        }

        prefix = new IpPrefix(address, length);
        return true;
    }

    /// <summary>Whether all bits beyond the prefix are zero, as a route's destination needs.</summary>
    public bool IsNetwork => Network().Address == Address;

    /// <summary>The same prefix with its host bits cleared.</summary>
    public IpPrefix Network()
    {
        Span<byte> bytes = stackalloc byte[16];
        Address.WriteV6(bytes);
        int bits = Address.IsV4 ? 96 + Length : Length;
        for (int i = 0; i < 16; i++)
        {
            int keep = Math.Clamp(bits - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF00 >> keep);
        }

        return new IpPrefix(IpAddr.ReadV6(bytes), Length);
    }

    /// <summary>Whether the address lies in this prefix. Addresses of the other family never do.</summary>
    public bool Contains(IpAddr address) => address.IsV4 == Address.IsV4 && new IpPrefix(address, Length).Network() == Network();

    /// <summary><c>address/length</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");
}
