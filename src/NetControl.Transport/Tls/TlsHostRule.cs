using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>A change of options for one host, behind those that were added before it.</summary>
internal sealed record TlsHostRule(string Host, Func<TlsClientOptions, TlsClientOptions> Change, TlsHostRule? Previous)
{
    /// <summary>Makes the changes that concern a destination, the oldest first.</summary>
    public TlsClientOptions Apply(HostPort destination, TlsClientOptions options)
    {
        options = Previous?.Apply(destination, options) ?? options;
        bool matches = Host.Length == 0 || string.Equals(Host, TlsClient.HostOf(destination), StringComparison.OrdinalIgnoreCase);
        return matches ? Change(options) : options;
    }
}
