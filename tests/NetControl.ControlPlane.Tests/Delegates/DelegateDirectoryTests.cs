using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine.Sessions;
using NetControl.Testing;

namespace NetControl.ControlPlane.Tests.Delegates;

public sealed class DelegateDirectoryTests
{
    [Fact]
    public async Task Swap_Keep_LeavesOldSessionsAndGivesNewOnesTheNewProxy()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        SessionInfo before = test.Engine.Open();
        SwapResult result = await test.Plane.Delegates.SwapAsync(new SwapRequest("delegates/egress", "proxies/b", ExistingPolicy.Keep), MutationContext.Internal);
        SessionInfo after = test.Engine.Open();
        Assert.Equal((2, 1, 0, 0), (result.Generation, result.Kept, result.Draining, result.Closed));
        Assert.Equal(("proxies/a", 1), (before.Egress!.ProxyName, before.Egress.Generation));
        Assert.Equal(("proxies/b", 2), (after.Egress!.ProxyName, after.Egress.Generation));
        Assert.Equal(2, test.Engine.LiveCount);
    }

    [Fact]
    public async Task Swap_Close_EndsOlderSessionsOnly()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        test.Engine.Open();
        test.Engine.Open(protocol: SessionProtocol.Udp);
        using SessionSubscription events = test.Plane.Events.Subscribe(new SubscriptionOptions());
        SwapResult result = await test.Plane.Delegates.SwapAsync(new SwapRequest("delegates/egress", "proxies/b", ExistingPolicy.Close), MutationContext.Internal);
        Assert.Equal(2, result.Closed);
        List<SequencedEvent> batch = [];
        events.Read(batch, 10, out _);
        Assert.All(batch, e => Assert.Equal((SessionEventKind.Closed, SessionCause.DelegateSwapped), (e.Event.Kind, e.Event.Info.Cause)));
    }

    [Fact]
    public async Task Swap_Drain_EndsOlderSessionsAtTheDeadline()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        test.Engine.Open();
        SwapResult result = await test.Plane.Delegates.SwapAsync(
            new SwapRequest("delegates/egress", "proxies/b", ExistingPolicy.Drain, TimeSpan.FromMilliseconds(30)), MutationContext.Internal);
        SessionInfo young = test.Engine.Open();
        Assert.Equal(1, result.Draining);
        Assert.True(result.Delegate.Draining);
        long revision = test.Plane.Changes.Sequence;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        await test.Plane.Changes.WaitAsync(revision, limit.Token);
        Assert.False(test.Plane.Delegates.Get("delegates/egress").Draining);
        Assert.Equal([young.Id], (await test.Engine.ListSessionsAsync(null, CancellationToken.None)).Select(s => s.Id));
    }

    [Fact]
    public async Task Drain_OfADelegateThatIsGone_LeavesTheSessionsOfItsNamesakeAlone()
    {
        ManualTimeProvider time = new();
        using TestPlane test = await TestPlane.WithDeviceAsync(time: time);
        test.Engine.Open();
        MutationContext now = MutationContext.Internal;
        await test.Plane.Delegates.SwapAsync(
            new SwapRequest("delegates/egress", "proxies/b", ExistingPolicy.Drain, TimeSpan.FromSeconds(30)), now);
        await test.Plane.Delegates.DeleteAsync("delegates/egress", "", force: true, now);
        await test.Plane.Delegates.CreateAsync(new DelegateDraft("delegates/egress", "proxies/a"), "", now);
        await test.Plane.Devices.AttachStreamDialerAsync("devices/tun0", "delegates/egress", null, "", now);
        SessionInfo young = test.Engine.Open();
        Assert.Equal(1, young.Egress!.Generation);
        SwapResult swap = await test.Plane.Delegates.SwapAsync(new SwapRequest("delegates/egress", "proxies/b", ExistingPolicy.Keep), now);
        Assert.Equal(1, swap.Kept);
        long sequence = test.Plane.Changes.Sequence;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(30));
        await test.Plane.Changes.WaitAsync(sequence, limit.Token);
        Assert.Equal([young.Id], (await test.Engine.ListSessionsAsync(null, CancellationToken.None)).Select(s => s.Id));
    }

    [Fact]
    public async Task Swap_ToAProxyThatDoesNotExist_ChangesNothing()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        DelegateView before = test.Plane.Delegates.Get("delegates/egress");
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Delegates.SwapAsync(new SwapRequest("delegates/egress", "proxies/none", ExistingPolicy.Close), MutationContext.Internal));
        Assert.Equal((ControlPlaneError.NotFound, "proxies/none"), (e.Error, e.Resource));
        Assert.Equal(before.Meta, test.Plane.Delegates.Get("delegates/egress").Meta);
    }

    [Fact]
    public async Task Swap_WithAnOldEtag_IsRefused()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        string etag = test.Plane.Delegates.Get("delegates/egress").Meta.Etag;
        SwapRequest request = new("delegates/egress", "proxies/b", ExistingPolicy.Keep, Etag: etag);
        await test.Plane.Delegates.SwapAsync(request, MutationContext.Internal);
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() =>
            test.Plane.Delegates.SwapAsync(request, MutationContext.Internal));
        Assert.Equal(ControlPlaneError.EtagMismatch, e.Error);
    }

    [Fact]
    public async Task Swap_ValidateOnly_CountsAndChangesNothing()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        test.Engine.Open();
        SwapRequest request = new("delegates/egress", "proxies/b", ExistingPolicy.Close);
        SwapResult result = await test.Plane.Delegates.SwapAsync(request, MutationContext.DryRun);
        Assert.Equal((2, 1), (result.Generation, result.Closed));
        Assert.Equal(1, test.Engine.LiveCount);
        Assert.Equal(1, test.Plane.Delegates.Get("delegates/egress").Meta.Generation);
    }

    // After a swap returned, no session is born on an older generation: the promise, with many swappers and many births.
    [Fact]
    public async Task Swap_UnderConcurrentBirths_IsNeverSeenLate()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        long returned = 1;
        using CancellationTokenSource stop = new();
        Task[] swappers = [.. Enumerable.Range(0, 2).Select(n => Task.Run(async () =>
        {
            for (int i = 0; i < 300; i++)
            {
                SwapRequest request = new("delegates/egress", (i + n) % 2 == 0 ? "proxies/a" : "proxies/b", (ExistingPolicy)(i % 2 * 2));
                SwapResult result = await test.Plane.Delegates.SwapAsync(request, MutationContext.Internal);
                long seen;
                while ((seen = Interlocked.Read(ref returned)) < result.Generation)
                {
                    Interlocked.CompareExchange(ref returned, result.Generation, seen);
                }
            }
        }))];
        Task births = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                long atLeast = Interlocked.Read(ref returned);
                SessionInfo session = test.Engine.Open();
                Assert.True(session.Egress!.Generation >= atLeast);
            }
        }, CancellationToken.None);
        await Task.WhenAll(swappers);
        await stop.CancelAsync();
        await births;
        Assert.Equal(601, test.Plane.Delegates.Get("delegates/egress").Meta.Generation);
        Assert.Equal(600, test.Plane.Delegates.SwapCounts().Sum(c => c.Count));
    }

    [Fact]
    public async Task UpdateProxy_UsedByADelegate_BumpsItsGenerationAndServesNewSessions()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        SessionInfo before = test.Engine.Open();
        await test.Plane.Proxies.UpdateAsync("proxies/a", new ProxyPatch { Config = "socks5://other:1080" }, "", MutationContext.Internal);
        SessionInfo after = test.Engine.Open();
        Assert.Equal((1, 2), (before.Egress!.Generation, after.Egress!.Generation));
        Assert.NotSame(before.Egress.StreamDialer, after.Egress.StreamDialer);
        Assert.Equal("socks5://other:1080", test.Plane.Proxies.Get("proxies/a").Config);
    }

    [Fact]
    public async Task DeleteProxy_InUse_NeedsForce_AndThenBlocks()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => test.Plane.Proxies.DeleteAsync("proxies/a", "", false, MutationContext.Internal));
        Assert.Equal(ControlPlaneError.ResourceInUse, e.Error);
        Assert.Contains("delegates/egress", e.Message, StringComparison.Ordinal);
        await test.Plane.Proxies.DeleteAsync("proxies/a", "", force: true, MutationContext.Internal);
        Assert.Equal("", test.Plane.Delegates.Get("delegates/egress").Proxy);
        Assert.Null(test.Engine.Open().Egress!.StreamDialer);
    }
}
