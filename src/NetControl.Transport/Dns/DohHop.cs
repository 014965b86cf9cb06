using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Tls;

namespace NetControl.Transport.Dns;

/// <summary>Resolves names over HTTPS (RFC 8484).</summary>
/// <param name="Name">The resolver's name in its URL and in its certificate.</param>
/// <param name="Server">Where it listens.</param>
/// <param name="Path">The path of its URL.</param>
/// <param name="CacheSize">How many answers are kept; 0: none.</param>
public sealed record DohHop(string Name, HostPort Server, string Path, int CacheSize) : DnsResolverHop(CacheSize)
{
    /// <inheritdoc/>
    public override string Type => DohHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => string.Concat(
        $"{Type}:name={HopOptions.Encode(Name)}",
        Server == new HostPort(Name, DnsServerOption.HttpsPort) ? "" : $"&address={Server}",
        Path == DnsHttpsTransport.DefaultPath ? "" : $"&path={HopOptions.Encode(Path)}",
        CacheText);

    /// <inheritdoc/>
    public override IReadOnlyList<HostPort> Servers => [Server];

    private protected override IDnsTransport MakeTransport(Way inner, HopContext context)
    {
        TlsClientOptions options = new()
        {
            ServerName = Name,
            CertificateName = Name,
            ApplicationProtocols = DnsHttpsTransport.ApplicationProtocols,
        };
        StreamDialerEndpoint server = new(new TlsStreamDialer(inner.Streams, options), Server);
        return new DnsHttpsTransport(server, new HostPort(Name, Server.Port), Path, context.TimeProvider, context.CurrentLoop);
    }
}
