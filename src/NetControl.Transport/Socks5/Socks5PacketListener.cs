using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Socks5;

/// <summary>Opens packet sockets at a SOCKS5 proxy (UDP ASSOCIATE).</summary>
/// <remarks>
/// Each has a control connection of its own, which is watched: the association lives exactly as long as it does (RFC 1928 section 7).
/// </remarks>
public sealed class Socks5PacketListener : IServerPacketListener
{
    private static readonly HostPort Anywhere = new AddrPort(IpAddr.AnyV4, 0);

    private readonly Socks5Client _client;
    private readonly IPacketListener _datagrams;

    /// <summary>Makes a listener.</summary>
    /// <param name="proxy">Reaches the proxy server for the control connection.</param>
    /// <param name="datagrams">Opens the sockets that carry datagrams to the proxy's relay.</param>
    /// <param name="credentials">User name and password, or null for none.</param>
    /// <param name="timeProvider">The clock; an event loop's where sockets are opened on loops.</param>
    /// <exception cref="ArgumentNullException">A part is null.</exception>
    public Socks5PacketListener(
        IStreamEndpoint proxy, IPacketListener datagrams, Socks5Credentials? credentials = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(datagrams);
        _client = new Socks5Client(proxy, credentials, timeProvider);
        _datagrams = datagrams;
    }

    /// <inheritdoc/>
    /// <exception cref="Socks5Exception">The proxy cannot be reached, refuses, or breaks the protocol.</exception>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default) =>
        OpenAsync(server: null, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The proxy looks the name up: each datagram bears it.</remarks>
    /// <exception cref="Socks5Exception">
    /// The proxy cannot be reached, refuses, or breaks the protocol; or the name is too long for it.
    /// </exception>
    public ValueTask<IPacketConnection> ListenAsync(HostPort server, CancellationToken cancellationToken = default) =>
        OpenAsync(server, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IPacketConnection> OpenAsync(HostPort? server, CancellationToken cancellationToken)
    {
        if (server is { } named && !Socks5Address.CanCarry(named))
        {
            throw new Socks5Exception(DialFailure.NameNotResolved, "the host name is longer than the 255 bytes that SOCKS5 can carry");
        }

        (IStreamConnection control, HostPort? bound) = await _client.RequestAsync(Socks5Command.UdpAssociate, Anywhere, cancellationToken);
        try
        {
            AddrPort relay = Relay(bound, control.RemoteAddress);
            IPacketConnection datagrams = await _datagrams.ListenAsync(cancellationToken);
            Socks5PacketConnection connection = new(control, datagrams, relay, server);
            connection.Watch();
            return connection;
        }
        catch
        {
            control.Abort();
            control.Dispose();
            throw;
        }
    }

    /// <summary>Where datagrams go: what the proxy said, or its own address where it named none.</summary>
    private static AddrPort Relay(HostPort? bound, AddrPort proxy)
    {
        if (bound is not { IsAddress: true, Port: not 0 } relay)
        {
            // Resolving a name here would let the proxy's words choose what this host looks up.
            throw new Socks5Exception(
                DialFailure.ProxyProtocol, $"the SOCKS5 proxy named '{bound}' as its UDP relay, which is no IP address and port");
        }

        if (!relay.Address.Address.IsUnspecified)
        {
            return relay.Address;
        }

        return proxy.Address.IsUnspecified
            ? throw new Socks5Exception(
                DialFailure.ProxyProtocol, "the SOCKS5 proxy named no address for its relay, and its own is unknown")
            : new AddrPort(proxy.Address, relay.Port);
    }
}
