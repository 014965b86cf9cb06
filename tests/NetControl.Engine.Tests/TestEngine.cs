using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.Engine.Tests;

/// <summary>An engine with one stack, whose upstreams are on the loopback interface, and an application side.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    public TestEngine(
        EngineOptions? options = null,
        Func<PacketEngine, IStreamDialer>? dialer = null,
        Func<PacketEngine, IPacketProxy>? proxy = null,
        int mtu = 1500,
        DeviceSpec? spec = null)
    {
        Engine = new PacketEngine(options ?? Options, NullLogger.Instance);
        Events = new EventRecorder();
        Engine.SetEventSink(Events);
        Listener = new LoopbackListener(Engine.PacketListener);
        Stack = Engine.OpenStack(
            spec ?? new DeviceSpec { Name = "devices/test", InterfaceName = "", Mtu = mtu },
            dialer?.Invoke(Engine) ?? new LoopbackDialer(Engine.StreamDialer),
            proxy?.Invoke(Engine) ?? new PacketListenerProxy(Listener, new PacketListenerProxyOptions { TimeProvider = Engine.TimeProvider }));
        Host = new PeerHost(Stack);
    }

    public static EngineOptions Options { get; } = new() { Loops = 1, Mark = 0 };

    public PacketEngine Engine { get; }

    public EventRecorder Events { get; }

    public StackDevice Stack { get; }

    public LoopbackListener Listener { get; }

    public PeerHost Host { get; }

    public PacketQueue Queue => Stack.Device.Core.Queues[0];

    public DeviceCounters Device => Engine.ReadCounters().Devices.Single(device => device.Device == "devices/test");

    public long Drops(DropReason reason) => Device.Drops[(int)reason];

    /// <summary>Waits for the end of a session and returns its last word.</summary>
    public Task<SessionInfo> ClosedAsync(AddrPort source) => Events.ExpectAsync(SessionEventKind.Closed, info => info.Source == source);

    public async ValueTask DisposeAsync()
    {
        Host.Dispose();
        await Engine.DisposeAsync();
    }
}
