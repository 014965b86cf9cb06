using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NetControl.Engine.Devices;
using NetControl.Engine.Diagnosis;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Diagnosis;

/// <summary>An engine in a namespace with an uplink, <c>v0</c>, a proxy on it, and one device.</summary>
internal sealed class DiagnosisRig : IAsyncDisposable
{
    public static readonly IpAddr Proxy = IpAddr.Parse("10.99.0.2");
    private readonly PacketEngine _engine;

    public DiagnosisRig(ILogger logger, params string[] routes)
    {
        Space = NetNamespace.Create();
        Space.Ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        Space.Execute("sysctl", "-qw", "net.ipv6.conf.v0.accept_dad=0", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.v0.rp_filter=0");
        Space.Ip("addr", "add", "10.99.0.1/24", "dev", "v0");
        Space.Ip("addr", "add", "fd99::1/64", "dev", "v0", "nodad");
        Space.Ip("link", "set", "v0", "up");
        Space.Ip("link", "set", "v1", "up");
        Space.Ip("route", "add", "default", "via", $"{Proxy}");
        Space.Ip("-6", "route", "add", "default", "via", "fd99::2");
        _engine = Space.Run(() => new PacketEngine(new EngineOptions { Loops = 1 }, logger));
        Events = new EventRecorder();
        _engine.SetEventSink(Events);
        Device = Space.Run(() => _engine.OpenDevice(new DeviceSpec
        {
            Name = "devices/tun0",
            InterfaceName = "tun0",
            Addresses = [Prefix("10.77.0.1/24"), Prefix("fd77::1/64")],
            Routes = [.. routes.Select(Prefix)],
        }));
    }

    public NetNamespace Space { get; }

    public EngineDevice Device { get; }

    public EventRecorder Events { get; }

    public PacketEngine Engine => _engine;

    public static string[] SomeRoutes { get; } = ["198.18.0.0/15", "fd98::/64"];

    public long Drops(DropReason reason) => _engine.ReadCounters().Devices[0].Drops[(int)reason];

    /// <summary>Waits until exactly one packet was dropped for the reason: the counter moves just after the event.</summary>
    public async Task ExpectDropAsync(DropReason reason)
    {
        for (long start = Stopwatch.GetTimestamp(); Drops(reason) == 0; await Task.Delay(5))
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < PeerHost.Patience, $"nothing was dropped for {reason}");
        }

        Assert.Equal(1, Drops(reason));
    }

    public DiagnosisReport Diagnose(string tunPath = "/dev/net/tun") => Space.Run(() => _engine.DiagnoseRouting(new DiagnosisRequest
    {
        DirectInUse = true,
        Upstreams = [new UpstreamHost("proxies/up", $"{Proxy}", [Proxy])],
        TunPath = tunPath,
    }));

    public void Shell(string commands)
    {
        CommandResult result = Space.Execute("sh", "-c", commands);
        Assert.True(result.ExitCode == 0, $"{commands}: {result.Error}");
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        Space.Dispose();
    }

    private static IpPrefix Prefix(string text) => IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException(text);
}
