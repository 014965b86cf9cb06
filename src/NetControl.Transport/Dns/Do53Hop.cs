using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>Resolves names at a plain resolver: over UDP, and over TCP what UDP cannot carry.</summary>
/// <param name="Server">
/// Where it listens. A name is found by the way beneath; where that cannot take datagrams to a name, it is reached over TCP alone.
/// </param>
/// <param name="CacheSize">How many answers are kept; 0: none.</param>
public sealed record Do53Hop(HostPort Server, int CacheSize) : DnsResolverHop(CacheSize)
{
    /// <inheritdoc/>
    public override string Type => Do53HopType.Scheme;

    /// <inheritdoc/>
    public override string Text => $"{Type}:address={Server}{CacheText}";

    /// <inheritdoc/>
    public override IReadOnlyList<HostPort> Servers => [Server];

    private protected override DnsResolverKind Kind => DnsResolverKind.Plain;

    private protected override IDnsTransport MakeTransport(Way inner, HopContext context) =>
        DnsFallbackTransport.Over(inner, Server, context);
}
