using System.Net;
using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.ControlPlane.Probes;

/// <summary>The innermost dialer of a probed chain: resolves and connects as two stages, and says when the hops' own talk begins.</summary>
internal sealed class TracedDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly ProbeTrace _trace;
    private readonly string _next;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Dials.</param>
    /// <param name="trace">Where the stages are noted.</param>
    /// <param name="next">The stage that begins once it is connected.</param>
    public TracedDialer(IStreamDialer inner, ProbeTrace trace, string next)
    {
        _inner = inner;
        _trace = trace;
        _next = next;
    }

    /// <inheritdoc/>
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        HostPort[] candidates = [destination];
        if (!destination.IsAddress)
        {
            _trace.Begin("resolve");
            IPAddress[] addresses = await ResolveAsync(destination.Host!, cancellationToken);
            candidates = [.. addresses.Select(address => (HostPort)new AddrPort(IpAddr.From(address), destination.Port))];
        }

        _trace.Begin("connect");
        for (int i = 0; ; i++)
        {
            try
            {
                IStreamConnection connection = await _inner.DialAsync(candidates[i], cancellationToken);
                _trace.Begin(_next);
                return connection;
            }
            catch (DialException) when (i < candidates.Length - 1)
            {
                // The next address may do better, as it would for a session.
            }
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
            return addresses.Length > 0 ? addresses : throw new DialException(DialFailure.NameNotResolved, $"{host} has no address");
        }
        catch (SocketException e)
        {
            throw new DialException(DialFailure.NameNotResolved, $"{host}: {e.Message}", e);
        }
    }
}
