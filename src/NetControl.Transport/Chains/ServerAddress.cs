using NetControl.Network;

namespace NetControl.Transport.Chains;

/// <summary>The address of a server that datagrams go to: packets, unlike streams, cannot be sent to a name.</summary>
/// <remarks>Any thread. A name's first address is remembered for a minute, so that sessions do not each ask.</remarks>
internal sealed class ServerAddress(HostPort server, AddressLookup lookup, TimeProvider timeProvider)
{
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(1);

    private volatile Answer? _answer;

    /// <summary>The address.</summary>
    /// <exception cref="DialException">The name could not be resolved.</exception>
    public ValueTask<AddrPort> GetAsync(CancellationToken cancellationToken)
    {
        if (server.IsAddress)
        {
            return new ValueTask<AddrPort>(server.Address);
        }

        return _answer is { } answer && timeProvider.GetElapsedTime(answer.Time) < s_memory
            ? new ValueTask<AddrPort>(answer.Address)
            : ResolveAsync(server.Host, cancellationToken);
    }

    private async ValueTask<AddrPort> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        IReadOnlyList<IpAddr> addresses = await lookup(host, cancellationToken);
        if (addresses.Count == 0)
        {
            throw new DialException(DialFailure.NameNotResolved, $"{host} has no addresses");
        }

        AddrPort address = new(addresses[0], server.Port);
        _answer = new Answer(address, timeProvider.GetTimestamp());
        return address;
    }

    private sealed record Answer(AddrPort Address, long Time);
}
