using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace NetControl.Network;

/// <summary>An IP address and a port as a plain value; the address of a datagram at the packet seam.</summary>
public readonly struct AddrPort : IEquatable<AddrPort>
{
    /// <summary>Makes an address and port.</summary>
    public AddrPort(IpAddr address, ushort port)
    {
        Address = address;
        Port = port;
    }

    /// <summary>The address.</summary>
    public IpAddr Address { get; }

    /// <summary>The port, 0 to 65535, in host order.</summary>
    public ushort Port { get; }

    /// <summary>Whether the address is IPv4.</summary>
    public bool IsV4 => Address.IsV4;

    /// <summary>Converts from the framework's endpoint class.</summary>
    public static AddrPort From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return new AddrPort(IpAddr.From(endPoint.Address), (ushort)endPoint.Port);
    }

    /// <summary>Parses <c>192.0.2.1:53</c> or <c>[2001:db8::1]:53</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AddrPort result)
    {
        result = default;
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        ReadOnlySpan<char> host = text[..colon];
        bool bracketed = host[0] == '[' && host[^1] == ']';
        if ((host.Contains(':') && !bracketed) || !IpAddr.TryParse(host, out IpAddr address))
        {
            return false;
        }

        result = new AddrPort(address, port);
        return true;
    }

    /// <summary>Parses an address and port; see <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">The text is not <c>address:port</c>.</exception>
    public static AddrPort Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out AddrPort result) ? result : throw new FormatException($"'{text}' is not address:port");

    /// <summary>Converts to the framework's endpoint class (allocates).</summary>
    public IPEndPoint ToIPEndPoint() => new(Address.ToIPAddress(), Port);

    /// <inheritdoc/>
    public bool Equals(AddrPort other) => Port == other.Port && Address == other.Address;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is AddrPort other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, Port);

    /// <summary>Equality by address and port.</summary>
    public static bool operator ==(AddrPort left, AddrPort right) => left.Equals(right);

    /// <summary>Inequality by address or port.</summary>
    public static bool operator !=(AddrPort left, AddrPort right) => !left.Equals(right);

    /// <summary><c>192.0.2.1:53</c> or <c>[2001:db8::1]:53</c>.</summary>
    public override string ToString() =>
        IsV4 ? string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}") : string.Create(CultureInfo.InvariantCulture, $"[{Address}]:{Port}");
}
