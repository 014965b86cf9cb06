using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>How to speak TLS as a client. Immutable; the defaults are what a careful browser does.</summary>
public sealed record TlsClientOptions
{
    private readonly TlsHostRule? _rule;

    /// <summary>The name to send (SNI): null for the host that is dialled, empty for none. Never changes the name that is verified.</summary>
    public string? ServerName { get; init; }

    /// <summary>The host name or IP address that the certificate must be for: null for the host that is dialled.</summary>
    public string? CertificateName { get; init; }

    /// <summary>The application protocols to offer (ALPN), best first, such as <c>h2</c>; empty for none.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>The trusted authorities, in place of the system's; null for the system's.</summary>
    public X509Certificate2Collection? Roots { get; init; }

    /// <summary>The certificate to show to a server that asks, with its key and its chain.</summary>
    public SslStreamCertificateContext? ClientCertificate { get; init; }

    /// <summary>Whether a session may be resumed, which saves a round trip (TLS 1.2) and the server's signature.</summary>
    public bool Resume { get; init; } = true;

    /// <summary>
    /// Whether the connection's end is taken for the stream's also without close_notify; a record that is cut short still fails. For what inside
    /// TLS is a tunnel whose ends look after themselves: Apache's mod_proxy_connect says no close_notify when its destination has ended.
    /// </summary>
    public bool EndsWithConnection { get; init; }

    /// <summary>Judges in place of the standard examination; null for the standard one.</summary>
    public TlsVerifier? Verifier { get; init; }

    /// <summary>Changes the options for one host only.</summary>
    /// <param name="host">The dialled host, in any letter case; empty for every host.</param>
    /// <param name="change">Makes the host's options. Changes are made in the order in which they were added.</param>
    public TlsClientOptions IfHost(string host, Func<TlsClientOptions, TlsClientOptions> change)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(change);
        return this with { Rule = new TlsHostRule(host, change, Rule) };
    }

    /// <summary>The options for one destination, with its changes made.</summary>
    internal TlsClientOptions For(HostPort destination) => Rule is null ? this : Rule.Apply(destination, this with { Rule = null });

    private TlsHostRule? Rule
    {
        get => _rule;
        init => _rule = value;
    }
}
