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

    /// <summary>A resolver that is asked over HTTPS.</summary>
    internal static IDnsTransport Transport(Way way, HostPort server, string name, string path, HopContext context)
    {
        TlsClientOptions options = new()
        {
            ServerName = name,
            CertificateName = name,
            ApplicationProtocols = DnsHttpsTransport.ApplicationProtocols,
        };
        StreamDialerEndpoint endpoint = new(new TlsStreamDialer(way.Streams, options), server);
        return new DnsHttpsTransport(endpoint, new HostPort(name, server.Port), path, context.TimeProvider, context.CurrentLoop);
    }

    private protected override DnsResolverKind Kind => DnsResolverKind.Https;

    private protected override IDnsTransport MakeTransport(Way inner, HopContext context) => Transport(inner, Server, Name, Path, context);
}
