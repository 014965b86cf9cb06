using CsCheck;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine;
using NetControl.Testing;

namespace NetControl.ControlPlane.Tests.Mutations;

public sealed class MutatorTests
{
    private static readonly StorageException s_full = new(StorageError.Full, "no space");

    [Fact]
    public async Task Change_ThatCannotBeStored_HasNotHappened()
    {
        RecordingStore store = new();
        using TestPlane test = await TestPlane.WithDeviceAsync(store: store);
        ConfigurationView before = test.Plane.Configuration.Get();
        int opened = test.Engine.Devices.Count;
        store.NextFails = s_full;
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Devices.CreateAsync(new DeviceDraft { Name = "devices/tun1" }, "", MutationContext.Internal));
        Assert.Equal((ControlPlaneError.StorageFailed, "Full"), (e.Error, e.Metadata["storage_error"]));
        AssertSame(before, test.Plane.Configuration.Get());
        Assert.True(Assert.Single(test.Engine.Devices[opened..]).Closed);
        store.NextFails = s_full;
        await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Devices.DeleteAsync("devices/tun0", "", force: true, MutationContext.Internal));
        Assert.False(test.Engine.Devices[0].Closed);
        await test.Plane.Devices.CreateAsync(new DeviceDraft { Name = "devices/tun1" }, "", MutationContext.Internal);
    }

    // What is stored and in force has happened: an error told to the caller would make it try again, and do it twice.
    [Fact]
    public async Task Change_InForce_IsNoErrorAnyMore()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        test.Engine.Devices[0].CloseFails = new InvalidOperationException("the interface is gone");
        MutationContext mutation = new() { OnChanged = _ => throw new IOException("no audit log") };
        await test.Plane.Devices.DeleteAsync("devices/tun0", "", force: true, mutation);
        Assert.Empty(test.Plane.Devices.All());
        await test.Plane.Devices.CreateAsync(new DeviceDraft { Name = "devices/tun0" }, "", MutationContext.Internal);
    }

    [Fact]
    public async Task Change_ThatChangesNothing_IsNotStored()
    {
        RecordingStore store = new();
        using TestPlane test = await TestPlane.WithDeviceAsync(store: store);
        int commits = store.Commits;
        await test.Plane.Devices.AttachPacketProxyAsync("devices/tun0", "delegates/egress", "", MutationContext.Internal);
        Assert.Equal(commits, store.Commits);
    }

    [Fact]
    public async Task DryRun_StoresAndTellsNothing()
    {
        RecordingStore store = new();
        using TestPlane test = await TestPlane.WithDeviceAsync(store: store);
        (int commits, long sequence) = (store.Commits, test.Plane.Changes.Sequence);
        ProxyView view = await test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/c" }, "", MutationContext.DryRun);
        Assert.Equal("proxies/c", view.Meta.Name);
        await test.Plane.Devices.DeleteAsync("devices/tun0", "", force: true, MutationContext.DryRun);
        Assert.Equal((commits, sequence), (store.Commits, test.Plane.Changes.Sequence));
        Assert.False(test.Engine.Devices[0].Closed);
    }

    [Fact]
    public async Task Restart_BringsEverythingBack_AsItWas()
    {
        RecordingStore store = new();
        ConfigurationView before;
        using (TestPlane first = await TestPlane.WithDeviceAsync(store: store))
        {
            await first.Plane.Delegates.SwapAsync(new("delegates/egress", "proxies/b", ExistingPolicy.Keep), MutationContext.Internal);
            await first.Plane.Devices.DrainAsync("devices/tun0", null, "", MutationContext.Internal);
            before = first.Plane.Configuration.Get();
            await first.Plane.ShutdownAsync();
        }

        using TestPlane second = new(store: store);
        second.Plane.Restore();
        AssertSame(before, second.Plane.Configuration.Get());
        Assert.Null(second.Engine.Open().Egress);
        await second.Plane.Devices.ResumeAsync("devices/tun0", "", MutationContext.Internal);
        EgressModel egress = second.Engine.Open().Egress!;
        Assert.Equal(("proxies/b", 2), (egress.ProxyName, egress.Generation));
        Assert.Equal("socks5://REDACTED@127.0.0.1:1080", second.Plane.Proxies.Get("proxies/a").Config);
    }

    [Fact]
    public async Task Restart_WithADeviceThatDoesNotOpen_ServesTheRestAndTriesAgain()
    {
        RecordingStore store = new();
        using (TestPlane first = await TestPlane.WithDeviceAsync(store: store))
        {
            await first.Plane.Devices.CreateAsync(new DeviceDraft { Name = "devices/tun1" }, "", MutationContext.Internal);
        }

        ManualTimeProvider time = new();
        FakeEngine engine = new() { TimeProvider = time, NextOpenFails = new EngineException(EngineError.InterfaceBusy, "busy") };
        using TestPlane second = new(time: time, store: store, engine: engine);
        second.Plane.Restore();
        DeviceView failed = second.Plane.Devices.Get("devices/tun0");
        Assert.Equal((DevicePhase.Failed, "busy"), (failed.Phase, failed.Fault));
        Assert.Equal(DevicePhase.Blocked, second.Plane.Devices.Get("devices/tun1").Phase);
        long seen = second.Plane.Changes.Sequence;
        time.Advance(TimeSpan.FromSeconds(1));
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        await second.Plane.Changes.WaitAsync(seen, limit.Token);
        Assert.Equal((DevicePhase.Ready, failed.Meta), (second.Plane.Devices.Get("devices/tun0").Phase, failed.Meta));
        Assert.Equal("delegates/egress", engine.Open("devices/tun0").Egress!.DelegateName);
    }

    // What nobody changed, but whose readers see something new, is told as such, and keeps its etag.
    [Fact]
    public async Task Swap_TellsOfTheDelegate_AndOfBothProxiesUsers()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        long before = test.Plane.Changes.Sequence;
        await test.Plane.Delegates.SwapAsync(new("delegates/egress", "proxies/b", ExistingPolicy.Keep), MutationContext.Internal);
        List<ResourceChange> changes = [];
        Assert.True(test.Plane.Changes.TryRead(before, changes, out long upTo));
        Assert.Equal(
            [("delegates/egress", false), ("proxies/a", true), ("proxies/b", true)],
            changes.Select(c => (c.Name, c.Derived)).OrderBy(c => c.Name, StringComparer.Ordinal));
        Assert.All(changes, c => Assert.Equal(upTo, c.Sequence));
        ResourceChange proxy = changes.Single(c => c.Name == "proxies/b");
        Assert.Equal(((ProxyView)proxy.Before!).Meta, ((ProxyView)proxy.After!).Meta);
        Assert.Equal((0, 1), (((ProxyView)proxy.Before).UsedBy.Count, ((ProxyView)proxy.After).UsedBy.Count));
    }

    // Any sequence of changes, with a restart anywhere: the second process says exactly what the first one said.
    [Fact]
    public Task AnyChanges_ThenARestart_AreTheSameState() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 2], Gen.Int[0, 2]).List[1, 25].SampleAsync(async steps =>
        {
            RecordingStore store = new();
            using TestPlane first = new(store: store);
            foreach ((int verb, int a, int b) in steps)
            {
                await TryAsync(first.Plane, verb, a, b);
            }

            using TestPlane second = new(store: store);
            second.Plane.Restore();
            AssertSame(first.Plane.Configuration.Get(), second.Plane.Configuration.Get());
        }, iter: 300);

    private static async Task TryAsync(NetControlPlane plane, int verb, int a, int b)
    {
        MutationContext now = MutationContext.Internal;
        try
        {
            await (verb switch
            {
                0 => (Task)plane.Proxies.CreateAsync(new ProxyDraft { Name = $"proxies/p{a}" }, "", now),
                1 => plane.Proxies.UpdateAsync($"proxies/p{a}", new ProxyPatch { Config = $"socks5://u:p@h{b}:1080" }, "", now),
                2 => plane.Proxies.DeleteAsync($"proxies/p{a}", "", force: b == 0, now),
                3 => plane.Delegates.CreateAsync(new DelegateDraft($"delegates/d{a}", $"proxies/p{b}"), "", now),
                4 => plane.Delegates.SwapAsync(new($"delegates/d{a}", $"proxies/p{b}", ExistingPolicy.Keep), now),
                5 => plane.Delegates.DeleteAsync($"delegates/d{a}", "", force: b == 0, now),
                6 => plane.Devices.CreateAsync(
                    new DeviceDraft { Name = $"devices/t{a}", Addresses = [$"10.{a}.0.1/16"], StreamDialer = $"delegates/d{b}" }, "", now),
                _ => plane.Devices.DeleteAsync($"devices/t{a}", "", force: true, now),
            });
        }
        catch (ControlPlaneException e) when (e.Error is ControlPlaneError.NotFound or ControlPlaneError.AlreadyExists or ControlPlaneError.ResourceInUse)
        {
            // Part of life.
        }
    }

    private static void AssertSame(ConfigurationView expected, ConfigurationView actual)
    {
        Assert.Equal(expected.Generation, actual.Generation);
        Assert.Equal(expected.Proxies.Select(p => (p.Meta, p.Config, p.UdpIdleTimeout)), actual.Proxies.Select(p => (p.Meta, p.Config, p.UdpIdleTimeout)));
        Assert.Equal(expected.Delegates.Select(d => (d.Meta, d.Proxy)), actual.Delegates.Select(d => (d.Meta, d.Proxy)));
        Assert.Equal(
            expected.Devices.Select(d => (d.Meta, d.Phase, d.Spec.Interface, d.Spec.StreamDialer, string.Join(' ', d.Spec.Addresses))),
            actual.Devices.Select(d => (d.Meta, d.Phase, d.Spec.Interface, d.Spec.StreamDialer, string.Join(' ', d.Spec.Addresses))));
    }
}
