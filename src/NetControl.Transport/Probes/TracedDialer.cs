using NetControl.Network;

namespace NetControl.Transport.Probes;

/// <summary>The innermost dialer of a probed chain: resolves and connects as two stages, and says when the hops' own talk begins.</summary>
internal sealed class TracedDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly AddressLookup _lookup;
    private readonly ProbeTrace _trace;
    private readonly string _next;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Dials.</param>
    /// <param name="lookup">Finds the addresses of a host name.</param>
    /// <param name="trace">Where the stages are noted.</param>
    /// <param name="next">The stage that begins once it is connected.</param>
    public TracedDialer(IStreamDialer inner, AddressLookup lookup, ProbeTrace trace, string next)
    {
        _inner = inner;
        _lookup = lookup;
        _trace = trace;
        _next = next;
    }

    /// <inheritdoc/>
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        IStreamDialer dialer = _inner;
        if (!destination.IsAddress)
        {
            _trace.Begin("resolve");
            IReadOnlyList<IpAddr> addresses = await _lookup(destination.Host, cancellationToken);
            dialer = new HappyEyeballsStreamDialer(_inner, [(_, _) => new ValueTask<IReadOnlyList<IpAddr>>(addresses)]);
        }

        _trace.Begin("connect");
        IStreamConnection connection = await dialer.DialAsync(destination, cancellationToken);
        _trace.Begin(_next);
        return connection;
    }
}
