using System.Net;
using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Testing.Proxies;

/// <summary>How a <see cref="Socks5Server"/> behaves.</summary>
public sealed record Socks5ServerOptions
{
    /// <summary>Where to listen: a loopback port that is free by default. An IPv6 wildcard serves both families.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The user name that is asked for, or null to ask for none.</summary>
    public string? Username { get; init; }

    /// <summary>The password that goes with <see cref="Username"/>.</summary>
    public string? Password { get; init; }

    /// <summary>Sends a destination elsewhere, so that a test can dial any address and meet its own server.</summary>
    public Func<HostPort, HostPort>? Route { get; init; }

    /// <summary>Where <see cref="Route"/> moved a destination: the source that the client sees on the datagrams that come back.</summary>
    public Func<AddrPort, AddrPort>? RouteBack { get; init; }

    /// <summary>Makes the sockets to destinations and of UDP relays, such as in another network namespace.</summary>
    public Func<AddressFamily, SocketType, ProtocolType, Socket> MakeSocket { get; init; } = static (family, type, protocol) => new Socket(family, type, protocol);

    /// <summary>Whether UDP ASSOCIATE is served; otherwise it is answered with "command not supported".</summary>
    public bool Udp { get; init; } = true;

    /// <summary>Whether the UDP relay is announced as 0.0.0.0 or :: with a port, as many servers do.</summary>
    public bool AnnounceUnspecified { get; init; }
}
