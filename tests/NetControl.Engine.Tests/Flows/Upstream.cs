using System.Net;
using System.Net.Sockets;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Flows;

/// <summary>A listening socket on the loopback interface whose accepted ends a test plays itself.</summary>
internal sealed class Upstream : IDisposable
{
    private readonly Socket _listener;

    public Upstream(IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen(512);
        Address = LoopbackDialer.Outside(_listener.LocalEndPoint!);
    }

    /// <summary>As the device's side calls it.</summary>
    public AddrPort Address { get; }

    public Task<Socket> AcceptAsync() => _listener.AcceptAsync().WaitAsync(PeerHost.Patience);

    /// <summary>A connection through an engine, both ends.</summary>
    public async Task<(TcpPeer Peer, Socket Far)> MeetAsync(TestEngine test)
    {
        Task<Socket> accepting = AcceptAsync();
        TcpPeer peer = await test.Host.ConnectAsync(Address);
        Socket far = await accepting;
        far.NoDelay = true;
        return (peer, far);
    }

    public void Dispose() => _listener.Dispose();
}
