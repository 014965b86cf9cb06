using System.Net;
using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The address of a server that datagrams go to: packets, unlike streams, cannot be sent to a name.</summary>
/// <remarks>Any thread. A name is resolved by the system and remembered for a minute, so that sessions do not each ask.</remarks>
internal sealed class ServerAddress(HostPort server, TimeProvider timeProvider)
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
        IPAddress[] addresses;
        try
        {
            addresses = await System.Net.Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new DialException(DialFailure.NameNotResolved, $"{host} could not be resolved: {e.Message}", e);
        }

        if (addresses.Length == 0)
        {
            throw new DialException(DialFailure.NameNotResolved, $"{host} has no addresses");
        }

        AddrPort address = new(IpAddr.From(addresses[0]), server.Port);
        _answer = new Answer(address, timeProvider.GetTimestamp());
        return address;
    }

    private sealed record Answer(AddrPort Address, long Time);
}
