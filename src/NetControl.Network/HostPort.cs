using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NetControl.Network;

/// <summary>Where a stream dialer is asked to go: an IP address or a host name, and a port.</summary>
/// <remarks>
/// A value type that carries an IP destination without text, so that dialling the destination of a packet allocates nothing. A host name
/// keeps the letter case it was written with and is resolved, if at all, by whoever finally opens the socket: a SOCKS5 hop hands it on.
/// </remarks>
public readonly struct HostPort : IEquatable<HostPort>
{
    private readonly AddrPort _address;

    /// <summary>A destination by IP address.</summary>
    public HostPort(AddrPort address)
    {
        _address = address;
        Host = null;
    }

    /// <summary>A destination by name. An IP literal becomes an address, whatever its notation.</summary>
    /// <exception cref="ArgumentException">The host is empty or longer than 255 characters.</exception>
    public HostPort(string host, ushort port)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        if (IpAddr.TryParse(host, out IpAddr literal))
        {
            _address = new AddrPort(literal, port);
            return;
        }

        if (host.Length > 255)
        {
            throw new ArgumentException($"host name is {host.Length} characters long, the limit is 255", nameof(host));
        }

        Host = host;
        _address = new AddrPort(default, port);
    }

    /// <summary>The host name, or null when the destination is an IP address.</summary>
    public string? Host { get; }

    /// <summary>Whether the destination is an IP address.</summary>
    [MemberNotNullWhen(false, nameof(Host))]
    public bool IsAddress => Host is null;

    /// <summary>The IP destination. Meaningful only when <see cref="IsAddress"/>.</summary>
    public AddrPort Address => _address;

    /// <summary>The port, in host order.</summary>
    public ushort Port => _address.Port;

    /// <summary>An IP destination is a destination.</summary>
    public static implicit operator HostPort(AddrPort address) => new(address);

    /// <summary>Same as the constructor; the named form of the conversion.</summary>
    public static HostPort FromAddrPort(AddrPort address) => new(address);

    /// <summary>Parses <c>host:port</c>, <c>192.0.2.1:80</c> or <c>[2001:db8::1]:80</c>. The port is a number from 0 to 65535.</summary>
    public static bool TryParse(string? text, out HostPort result)
    {
        result = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (AddrPort.TryParse(text, out AddrPort address))
        {
            result = new HostPort(address);
            return true;
        }

        int colon = text.LastIndexOf(':');
        if (colon is <= 0 or > 255
            || text.AsSpan(0, colon).IndexOfAny(":[]/ ") >= 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        result = new HostPort(text[..colon], port);
        return true;
    }

    /// <summary>Parses a destination; see <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">The text is not <c>host:port</c>.</exception>
    public static HostPort Parse(string text) =>
        TryParse(text, out HostPort result) ? result : throw new FormatException($"'{text}' is not host:port");

    /// <inheritdoc/>
    public bool Equals(HostPort other) => _address == other._address && string.Equals(Host, other.Host, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is HostPort other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_address, Host is null ? 0 : StringComparer.Ordinal.GetHashCode(Host));

    /// <summary>Equality by host (case-sensitive) or address, and port.</summary>
    public static bool operator ==(HostPort left, HostPort right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(HostPort left, HostPort right) => !left.Equals(right);

    /// <summary><c>host:port</c>, as <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => Host is null ? _address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
