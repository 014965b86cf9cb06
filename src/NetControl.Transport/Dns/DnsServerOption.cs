using System.Diagnostics.CodeAnalysis;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>A resolver's address as the options of hops name it; the port may be left out.</summary>
internal static class DnsServerOption
{
    public const ushort DnsPort = 53;
    public const ushort TlsPort = 853;
    public const ushort HttpsPort = 443;

    /// <summary>Reads <c>host</c>, <c>host:port</c>, or an IPv6 address with or without brackets and port.</summary>
    public static bool TryParse(string text, ushort defaultPort, out HostPort server)
    {
        if (IpAddr.TryParse(text, out IpAddr address))
        {
            server = new AddrPort(address, defaultPort);
            return true;
        }

        if (HostPort.TryParse(text, out server))
        {
            return server.Port != 0 && (server.IsAddress || DnsName.TryParseHost(server.Host, out _));
        }

        bool named = DnsName.TryParseHost(text, out _);
        server = named ? new HostPort(text, defaultPort) : default;
        return named;
    }

    /// <summary>Reads an option that has to be there, a name or an address.</summary>
    public static bool TryGet(HopText text, HopOptions options, string key, ushort defaultPort, out HostPort server,
        [NotNullWhen(false)] out ChainError? error)
    {
        server = default;
        if (options[key] is not { } option)
        {
            error = text.Error(0, $"{text.Scheme} needs {key}=; write e.g. {text.Scheme}:{key}=1.1.1.1:{defaultPort}");
            return false;
        }

        bool good = TryParse(option.Value, defaultPort, out server);
        error = good ? null : text.Error(option.Offset, $"'{option.Value}' is not host[:port]; write e.g. 1.1.1.1:{defaultPort}");
        return good;
    }

    /// <summary>Reads an option that is a host's name or address without a port; null if it is not there.</summary>
    public static bool TryGetName(HopText text, HopOptions options, string key, out string? name, [NotNullWhen(false)] out ChainError? error)
    {
        name = options[key]?.Value;
        bool good = name is null || IpAddr.TryParse(name, out _) || DnsName.TryParseHost(name, out _);
        error = good ? null : text.Error(options[key]!.Value.Offset, $"'{name}' is no host name");
        return good;
    }

    /// <summary>Reads an option that is the path of a URL; the one that resolvers serve if it is not there.</summary>
    public static bool TryGetPath(HopText text, HopOptions options, string key, out string path, [NotNullWhen(false)] out ChainError? error)
    {
        path = options[key]?.Value ?? DnsHttpsTransport.DefaultPath;
        bool good = path.StartsWith('/') && !path.Any(c => c is <= ' ' or > '~' or '#' or '?');
        error = good ? null : text.Error(options[key]!.Value.Offset, $"is no path; write e.g. {key}={DnsHttpsTransport.DefaultPath}");
        return good;
    }

    /// <summary>Reads an option that has to be there, an IP address; the port is 53 if left out.</summary>
    public static bool TryGetAddress(HopText text, HopOptions options, string key, out AddrPort server,
        [NotNullWhen(false)] out ChainError? error)
    {
        server = default;
        if (!TryGet(text, options, key, DnsPort, out HostPort named, out error))
        {
            return false;
        }

        if (!named.IsAddress)
        {
            error = text.Error(options[key]!.Value.Offset, $"'{named.Host}' is a name; {key} has to be an IP address");
            return false;
        }

        server = named.Address;
        return true;
    }
}
