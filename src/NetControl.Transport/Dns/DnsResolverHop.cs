using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>Resolves the names that are dialled, at a resolver that is reached through the way beneath, and races their addresses.</summary>
/// <remarks>What is dialled by address passes, and so do packets, whose destinations always are addresses.</remarks>
public abstract record DnsResolverHop : Hop
{
    private readonly int _cacheSize;

    private protected DnsResolverHop(int cacheSize) => _cacheSize = cacheSize;

    /// <summary>How many answers are kept; 0: none.</summary>
    public int CacheSize => _cacheSize;

    /// <inheritdoc/>
    public sealed override string Redacted => Text;

    private protected string CacheText => CacheSize == 0 ? "" : $"&{DnsCacheOption.Key}={CacheSize}";

    /// <inheritdoc/>
    public sealed override bool LeadsThroughServers => false;

    /// <inheritdoc/>
    public sealed override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(context);
        TimeProvider time = context.TimeProvider;
        IDnsTransport transport = DnsMeteredTransport.Wrap(MakeTransport(inner, context), context.DnsMeter, Kind, time);
        DnsResolver resolver = new(DnsCacheOption.Wrap(transport, CacheSize, context), time);
        HappyEyeballsOptions options = new() { TimeProvider = time };
        return inner with { Streams = new HappyEyeballsStreamDialer(inner.Streams, resolver.Lookups(), options) };
    }

    private protected abstract DnsResolverKind Kind { get; }

    private protected abstract IDnsTransport MakeTransport(Way inner, HopContext context);
}
