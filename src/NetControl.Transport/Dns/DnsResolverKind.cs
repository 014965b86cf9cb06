namespace NetControl.Transport.Dns;

/// <summary>Which resolver was asked. Also a metric label (its name in snake case).</summary>
public enum DnsResolverKind
{
    /// <summary>A hop's, over UDP and TCP.</summary>
    Plain,

    /// <summary>A hop's, over TLS.</summary>
    Tls,

    /// <summary>A hop's, over HTTPS.</summary>
    Https,

    /// <summary>The one of dnssplit that is asked straight from this machine.</summary>
    Direct,

    /// <summary>Those of resolv.conf, for the host names of proxies.</summary>
    System,
}
