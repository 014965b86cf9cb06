using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Engine.Flows;
using NetControl.Engine.Loops;
using NetControl.Engine.Sessions;
using NetControl.Engine.Sockets;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Devices;

/// <summary>The parts of an engine without the engine: loops, and one device whose queues a test makes itself.</summary>
internal sealed class LoopRig : IAsyncDisposable
{
    private readonly LoopUdpShared[] _udp;

    public LoopRig(int loops, Func<LoopRig, int, PacketQueue> makeQueue, Func<IStreamDialer, IStreamDialer>? layer = null)
    {
        EngineOptions options = new() { Loops = loops, Mark = 0 };
        Loops = new LoopGroup(loops, NullLogger.Instance);
        _udp = [.. Enumerable.Range(0, loops).Select(i => new LoopUdpShared(Loops[i]))];
        Contexts = [.. Enumerable.Range(0, loops).Select(i => new LoopContext(Loops[i], options, _udp[i], NullLogger.Instance))];
        SocketOptions sockets = new(0, null);
        Listener = new LoopbackListener(new LoopPacketListener(Loops, _udp, sockets));
        PacketListenerProxy proxy = new(Listener, new PacketListenerProxyOptions { TimeProvider = new LoopTimeProvider() });
        LoopbackDialer direct = new(new LoopTcpDialer(Loops, sockets));
        Core = new DeviceCore("devices/rig", 1500, new TcpParameters()) { Directory = loops > 1 ? new FlowDirectory() : null };
        Core.StreamEgress = Core.PacketEgress = new Egress(new EgressModel
        {
            DelegateName = "delegates/rig",
            ProxyName = "proxies/rig",
            Generation = 1,
            StreamDialer = layer?.Invoke(direct) ?? direct,
            PacketProxy = proxy,
        });
        Core.Queues = [.. Enumerable.Range(0, loops).Select(i => makeQueue(this, i))];
        Loops.Start();
    }

    public LoopGroup Loops { get; }

    public LoopContext[] Contexts { get; }

    public DeviceCore Core { get; }

    public LoopbackListener Listener { get; }

    public Task<T> On<T>(int loop, Func<T> function) => Loops[loop].InvokeAsync(function).WaitAsync(PeerHost.Patience);

    public async ValueTask DisposeAsync()
    {
        foreach (PacketQueue queue in Core.Queues)
        {
            await queue.Context.Loop.InvokeAsync(() => queue.Flows.CloseSessions(null, SessionCause.Shutdown));
        }

        await Loops.DisposeAsync();
        Array.ForEach(_udp, udp => udp.Dispose());
    }
}
