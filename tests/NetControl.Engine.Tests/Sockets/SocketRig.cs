using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Loops;
using NetControl.Engine.Sockets;
using NetControl.Engine.Tests.Loops;
using NetControl.Network;
using NetControl.Testing;
using SocketOptions = NetControl.Engine.Sockets.SocketOptions;

namespace NetControl.Engine.Tests.Sockets;

/// <summary>One running loop with its dialer and its datagram sockets, and a listening server of the framework's.</summary>
internal sealed class SocketRig : LoopCaller, IAsyncDisposable
{
    private readonly LoopUdpShared _shared;

    public SocketRig()
    {
        Loops = new LoopGroup(1, NullLogger.Instance);
        _shared = new LoopUdpShared(Loops[0]);
        Loops[0].Add(new Flusher(_shared));
        Dialer = new LoopTcpDialer(Loops, new SocketOptions(0, null));
        Listener = new LoopPacketListener(Loops, [_shared], new SocketOptions(0, null));
        Loops.Start();
        Server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Server.Listen(64);
        ServerAddress = AddrPort.From((IPEndPoint)Server.LocalEndPoint!);
    }

    public LoopGroup Loops { get; }

    public override EventLoop Loop => Loops[0];

    public LoopTcpDialer Dialer { get; }

    public LoopPacketListener Listener { get; }

    public Socket Server { get; }

    public AddrPort ServerAddress { get; }

    public LoopUdpShared Shared => _shared;

    /// <summary>A connected pair: ours on the loop, and the server's end.</summary>
    public async Task<(LoopSocket Ours, Socket Theirs)> ConnectAsync()
    {
        Task<Socket> accepting = Server.AcceptAsync();
        LoopSocket ours = await Async(async () => (LoopSocket)await Dialer.DialAsync(ServerAddress));
        Socket theirs = await accepting.WaitAsync(PeerHost.Patience);
        theirs.NoDelay = true;
        return (ours, theirs);
    }

    public async ValueTask DisposeAsync()
    {
        Server.Dispose();
        await Loops.DisposeAsync();
        _shared.Dispose();
    }

    private sealed class Flusher(LoopUdpShared shared) : ILoopParticipant
    {
        public bool Egress() => false;

        public void Flush() => shared.Batch.Flush();
    }
}
