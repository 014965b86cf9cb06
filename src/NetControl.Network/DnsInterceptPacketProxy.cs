namespace NetControl.Network;

/// <summary>A packet proxy that leads what goes to one resolver address elsewhere, and everything else through another proxy unchanged.</summary>
/// <remarks>
/// <para>A datagram to the local resolver gets a short session of its own at the queries' proxy, addressed to the remote resolver. Its first
/// answer is delivered as coming from the local resolver, and ends it; without one it ends after
/// <see cref="DnsInterceptOptions.QueryTimeout"/>. The session for everything else is made once it is needed.</para>
/// <para>A session closes by itself when nothing of it is left: after the answer to its only query, or when the other proxy ends its part.
/// A query that could not be asked keeps its place until its timeout, and harms no other; what failed once is tried again with the next
/// datagram. An IPv4 address and its IPv6-mapped form are the same resolver. A session that never sends anything that can be sent stays
/// until its owner closes it: put an <see cref="IdleTimeoutPacketProxy"/> around where nobody else does.</para>
/// </remarks>
public sealed class DnsInterceptPacketProxy : IPacketProxy
{
    private readonly IPacketProxy _queries;
    private readonly IPacketProxy _others;
    private readonly AddrPort _localResolver;
    private readonly AddrPort _remoteResolver;
    private readonly DnsInterceptOptions _options;

    /// <summary>Makes a proxy.</summary>
    /// <param name="queries">The way to the remote resolver.</param>
    /// <param name="others">The way for everything else.</param>
    /// <param name="localResolver">The address that applications ask.</param>
    /// <param name="remoteResolver">The address that is asked in its place.</param>
    /// <param name="options">Limits and the clock.</param>
    /// <exception cref="ArgumentNullException">A proxy is null.</exception>
    public DnsInterceptPacketProxy(
        IPacketProxy queries, IPacketProxy others, AddrPort localResolver, AddrPort remoteResolver, DnsInterceptOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(others);
        _queries = queries;
        _others = others;
        _localResolver = localResolver;
        _remoteResolver = remoteResolver;
        _options = options ?? new DnsInterceptOptions();
    }

    /// <inheritdoc/>
    /// <remarks>Opens nothing yet.</remarks>
    public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        return new DnsInterceptSession(_queries, _others, _localResolver, _remoteResolver, _options, responses);
    }
}
