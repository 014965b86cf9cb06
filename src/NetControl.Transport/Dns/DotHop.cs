using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Tls;

namespace NetControl.Transport.Dns;

/// <summary>Resolves names over TLS (RFC 7858).</summary>
/// <param name="Server">Where the resolver listens.</param>
/// <param name="Name">The name that its certificate has to be for; null for the host of <paramref name="Server"/>.</param>
/// <param name="CacheSize">How many answers are kept; 0: none.</param>
public sealed record DotHop(HostPort Server, string? Name, int CacheSize) : DnsResolverHop(CacheSize)
{
    /// <inheritdoc/>
    public override string Type => DotHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => $"{Type}:address={Server}{(Name is null ? "" : $"&name={HopOptions.Encode(Name)}")}{CacheText}";

    /// <inheritdoc/>
    public override IReadOnlyList<HostPort> Servers => [Server];

    /// <summary>A resolver that is asked over TLS.</summary>
    internal static IDnsTransport Transport(IStreamDialer streams, HostPort server, string? name, HopContext context)
    {
        TlsClientOptions options = new() { ServerName = name, CertificateName = name };
        StreamDialerEndpoint endpoint = new(new TlsStreamDialer(streams, options), server);
        return new DnsStreamTransport(endpoint, context.TimeProvider, context.CurrentLoop);
    }

    private protected override DnsResolverKind Kind => DnsResolverKind.Tls;

    private protected override IDnsTransport MakeTransport(Way inner, HopContext context) =>
        Transport(inner.Streams, Server, Name, context);
}
