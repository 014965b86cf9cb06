using System.Diagnostics;
using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.ControlPlane.Tests.Delegates;

public sealed class FailoverTests : IDisposable
{
    private const string Name = "delegates/egress";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly ScriptedDialer _dialer = new();
    private readonly ManualTimeProvider _time = new();
    private readonly RecordingStore _store = new();
    private readonly TestPlane _test;
    private readonly List<SystemMutation> _told = [];

    public FailoverTests()
    {
        _test = new TestPlane(time: _time, store: _store, engine: new FakeEngine { StreamDialer = _dialer, TimeProvider = _time });
        _test.Plane.OnSystemMutation = mutation =>
        {
            lock (_told)
            {
                _told.Add(mutation);
            }
        };
        _dialer.Failures["192.0.2.1:1080"] = Refused;
        _dialer.Failures["192.0.2.2:1080"] = Refused;
    }

    private Condition Healthy => View.Conditions.Single(condition => condition.Type == "Healthy");

    private DelegateView View => _test.Plane.Delegates.Get(Name);

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task SessionsThatMeetADeadProxy_MoveTheDelegate_AndLeaveTheOthersAlone()
    {
        await MakeAsync();
        SessionInfo old = _test.Engine.Open();
        await DialAsync(3);
        await UntilAsync(() => View.Proxy == "proxies/b");
        SessionInfo young = _test.Engine.Open();
        Assert.Equal(("proxies/a", 1L), (old.Egress!.ProxyName, old.Egress.Generation));
        Assert.Equal(("proxies/b", 2L), (young.Egress!.ProxyName, young.Egress.Generation));
        Assert.Equal(5, _test.Engine.LiveCount);
        await UntilAsync(() => Told() is not null);
        SystemMutation told = Told()!;
        Assert.Equal(SystemCause.Failover, told.Cause);
        Assert.Contains("proxies/a: 3 attempts in a row failed", told.Why, StringComparison.Ordinal);
        Assert.Equal(Name, Assert.Single(told.Changes).Name);
        FailoverEvent made = View.LastFailover!;
        Assert.Equal(("proxies/a", "proxies/b", SwitchReason.Failures, told.Why), (made.From, made.To, made.Reason, made.Why));
        Assert.Equal([(Name, SwitchReason.Failures, 1L)], _test.Plane.Delegates.FailoverCounts());
        Assert.Equal(ProxyCondition.Unhealthy, View.Health[0].Condition);
    }

    [Fact]
    public async Task TheSessionFeed_TellsTheSwitch_BeforeTheFirstSessionOfItsGeneration()
    {
        await MakeAsync();
        using SessionSubscription feed = _test.Plane.Events.Subscribe(new SubscriptionOptions { Switches = true });
        _test.Engine.Open();
        await DialAsync(3);
        await UntilAsync(() => View.Proxy == "proxies/b");
        _test.Engine.Open();
        List<SequencedEvent> events = [];
        Assert.Equal(FeedResult.Events, feed.Read(events, 100, out _));
        int at = events.FindIndex(e => e.Switch is not null);
        Assert.Equal(events.Count - 2, at);
        Assert.All(events.Take(at), e => Assert.Equal(1, e.Event.Info.Egress!.Generation));
        Assert.Equal(2, events[^1].Event.Info.Egress!.Generation);
        FailoverEvent made = View.LastFailover!;
        DelegateSwitch told = events[at].Switch!;
        Assert.Equal(["devices/tun0"], told.Devices);
        Assert.Equal(
            new DelegateSwitch(Name, "proxies/a", "proxies/b", SwitchReason.Failures, made.Why, 2, made.Time, told.Devices), told);
    }

    [Fact]
    public async Task AConditionThatChanges_IsToldToThoseWhoFollow()
    {
        await MakeAsync(new FailoverDraft { Mode = "FIXED" });
        long seen = _test.Plane.Changes.Sequence;
        await DialAsync(3);
        await _test.Plane.Changes.WaitAsync(seen, TestContext.Current.CancellationToken);
        List<ResourceChange> changes = [];
        Assert.True(_test.Plane.Changes.TryRead(seen, changes, out _));
        ResourceChange change = Assert.Single(changes);
        Assert.True(change.Derived);
        Assert.Equal(ProxyCondition.Unhealthy, ((DelegateView)change.After!).Current!.Condition);
        Assert.Equal("proxies/a", View.Proxy);
        Condition healthy = ((DelegateView)change.After).Conditions.Single(c => c.Type == "Healthy");
        Assert.Equal((false, "PROXY_FAILS", View.Current!.Since), (healthy.Holds, healthy.Reason, healthy.Since));
        Assert.StartsWith("proxies/a: 3 attempts in a row failed", healthy.Message, StringComparison.Ordinal);
        Assert.Equal(healthy, Healthy);
    }

    [Fact]
    public async Task Healthy_IsUnknownUntilSomethingIsHeard_AndChangesWithTheProxy()
    {
        await MakeAsync(new FailoverDraft { Mode = "FIXED", BackOff = TimeSpan.FromMinutes(1) });
        Assert.Equal((null, "NOTHING_HEARD", View.Meta.UpdateTime), (Healthy.Holds, Healthy.Reason, Healthy.Since));
        _time.Advance(TimeSpan.FromSeconds(5));
        await DialAsync(3);
        await UntilAsync(() => Healthy.Holds == false);
        DateTimeOffset failed = Healthy.Since;
        Assert.Equal(_time.GetUtcNow(), failed);

        // About another proxy: since now, although nothing happened to that one for longer.
        _time.Advance(TimeSpan.FromSeconds(5));
        await _test.Plane.Delegates.SwapAsync(new SwapRequest(Name, "proxies/b", ExistingPolicy.Keep), MutationContext.Internal);
        Assert.Equal((null, _time.GetUtcNow()), (Healthy.Holds, Healthy.Since));
        await _test.Plane.Proxies.DeleteAsync("proxies/a", "", true, MutationContext.Internal);
        await _test.Plane.Proxies.DeleteAsync("proxies/b", "", true, MutationContext.Internal);
        Assert.Equal((false, "NO_PROXY"), (Healthy.Holds, Healthy.Reason));
    }

    [Fact]
    public async Task AProxyThatWorksAndFailsByTurns_IsToldOnceASecond_AndTheLastWordIsTold()
    {
        _dialer.Connect = _ => new AnsweringConnection(AnsweringConnection.Socks5);
        await MakeAsync(new FailoverDraft { Mode = "FIXED", Failures = 1, Successes = 1 });
        long seen = _test.Plane.Changes.Sequence;
        for (int turn = 0; turn < 20; turn++)
        {
            _dialer.Failures["192.0.2.1:1080"] = Refused;
            await DialAsync(1);
            await UntilAsync(() => Healthy.Holds == false);
            await UntilAsync(() => Told(seen).Count == 1); // the first is told at once, and has to be before there is a second
            _dialer.Failures.TryRemove("192.0.2.1:1080", out _);
            using (await _test.Engine.Open().Egress!.StreamDialer!.DialAsync(HostPort.Parse("198.51.100.1:80"), TestContext.Current.CancellationToken))
            {
                await UntilAsync(() => Healthy.Holds == true);
            }
        }

        int told = Told(seen).Count;
        Assert.True(told == 1, $"{told} changes were told of 40 in no time");

        // The keeper looks whenever time passes; what it has to say then is how it is now.
        await AdvanceUntilAsync(() => Told(seen).Count == 2);
        Assert.True(((DelegateView)Told(seen)[^1].After!).Conditions.Single(c => c.Type == "Healthy").Holds);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, Told(seen).Count);
    }

    [Fact]
    public async Task AfterBackOffAndHoldDown_ItTriesThePreferredOneAgain()
    {
        await MakeAsync();
        await DialAsync(3);
        await UntilAsync(() => View.Proxy == "proxies/b");
        _dialer.Failures.TryRemove("192.0.2.1:1080", out _);
        await AdvanceUntilAsync(() => View.Proxy == "proxies/a");
        Assert.Equal(SwitchReason.Recovered, View.LastFailover!.Reason);
        Assert.True(_time.GetUtcNow() - new ManualTimeProvider().GetUtcNow() >= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task AfterARestart_ItIsWhereItWas()
    {
        await MakeAsync(new FailoverDraft { Failures = 2, Probe = new HealthProbeDraft { Target = "192.0.2.9:443", SkipStandby = true } });
        await DialAsync(2);
        await UntilAsync(() => View.Proxy == "proxies/b");
        using TestPlane again = new(time: _time, store: _store, engine: new FakeEngine { StreamDialer = _dialer, TimeProvider = _time });
        again.Plane.Restore();
        DelegateView view = again.Plane.Delegates.Get(Name);
        Assert.Equal(View.LastFailover, view.LastFailover);
        Assert.Equal((View.Meta, View.Failover, "proxies/b"), (view.Meta, view.Failover, view.Proxy));
        Assert.Equal(["proxies/a", "proxies/b"], view.Proxies);
    }

    [Fact]
    public async Task AStoreThatFails_DoesNotKeepTrafficOnADeadProxy()
    {
        await MakeAsync();
        _store.NextFails = new StorageException(StorageError.Full, "no space");
        await DialAsync(3);
        await UntilAsync(() => View.Proxy == "proxies/b");
        Assert.Null(_store.NextFails);
    }

    [Fact]
    public async Task WhileAConfigurationWaitsForConfirmation_ItStillMoves()
    {
        await MakeAsync();
        DesiredState desired = new() { Proxies = [new ProxyDraft { Name = "proxies/c" }] };
        ApplyResult applied = await _test.Plane.Configuration.ApplyAsync(
            new ApplyRequest(desired) { ConfirmTimeout = TimeSpan.FromMinutes(1) }, MutationContext.Internal);
        Assert.NotEmpty(applied.ConfirmationId);
        await DialAsync(3);
        await UntilAsync(() => View.Proxy == "proxies/b");
    }

    [Fact]
    public async Task ASwap_ToOneOfItsProxies_HoldsUntilThatFails()
    {
        await MakeAsync();
        await _test.Plane.Delegates.SwapAsync(new SwapRequest(Name, "proxies/b", ExistingPolicy.Keep), MutationContext.Internal);
        _dialer.Failures.Clear();
        _time.Advance(TimeSpan.FromHours(1));
        _dialer.Failures["192.0.2.2:1080"] = Refused;
        await DialAsync(2);
        Assert.Equal("proxies/b", View.Proxy);
        await DialAsync(1);
        await UntilAsync(() => View.Proxy == "proxies/a");
    }

    [Fact]
    public async Task ApplyingTheSameDocument_LeavesItWhereItIs_AndAnotherListMovesIt()
    {
        await MakeAsync();
        await DialAsync(3);
        await UntilAsync(() => View.Proxy == "proxies/b");
        long generation = View.Meta.Generation;
        DesiredState document = new() { Delegates = [new DelegateDraft(Name, "proxies/a") { Proxies = ["proxies/a", "proxies/b"] }] };
        Assert.Empty((await _test.Plane.Configuration.ApplyAsync(new ApplyRequest(document), MutationContext.Internal)).Steps);
        Assert.Equal(("proxies/b", generation), (View.Proxy, View.Meta.Generation));
        document = new() { Delegates = [new DelegateDraft(Name, "") { Proxies = ["proxies/a"] }] };
        Assert.Single((await _test.Plane.Configuration.ApplyAsync(new ApplyRequest(document), MutationContext.Internal)).Steps);
        Assert.Equal("proxies/a", View.Proxy);
    }

    [Fact]
    public async Task Update_ChangesTheList_AndKeepsWhereItPoints()
    {
        await MakeAsync();
        DelegateView changed = await _test.Plane.Delegates.UpdateAsync(
            Name, new DelegatePatch { Proxies = ["proxies/b", "proxies/a"] }, View.Meta.Etag, MutationContext.Internal);
        Assert.Equal(("proxies/a", 2L), (changed.Proxy, changed.Meta.Generation));
        changed = await _test.Plane.Delegates.UpdateAsync(Name, new DelegatePatch { Proxies = ["proxies/b"] }, "", MutationContext.Internal);
        Assert.Equal("proxies/b", changed.Proxy);
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => _test.Plane.Delegates.UpdateAsync(
            Name, new DelegatePatch { Proxies = ["proxies/none"] }, "", MutationContext.Internal));
        Assert.Equal((ControlPlaneError.NotFound, "proxies/none"), (e.Error, e.Resource));
    }

    [Fact]
    public async Task RemovingTheProxyInUse_ByForce_MovesItToTheNext()
    {
        await MakeAsync();
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => _test.Plane.Proxies.DeleteAsync("proxies/b", "", false, MutationContext.Internal));
        Assert.Equal(ControlPlaneError.ResourceInUse, e.Error);
        await _test.Plane.Proxies.DeleteAsync("proxies/a", "", true, MutationContext.Internal);
        Assert.Equal("proxies/b", View.Proxy);
        Assert.Equal(["proxies/b"], View.Proxies);
    }

    [Fact]
    public async Task Create_WithFaults_NamesEveryField()
    {
        DelegateDraft draft = new(Name, "")
        {
            Proxies = ["proxies/a", "proxies/a", "b"],
            Failover = new FailoverDraft
            {
                Mode = "BEST",
                Failures = -1,
                Window = 65,
                HoldDown = TimeSpan.FromDays(2),
                BackOff = TimeSpan.FromSeconds(30),
                MaxBackOff = TimeSpan.FromSeconds(20),
                Probe = new HealthProbeDraft { Target = "nowhere", Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(2) },
            },
        };
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => _test.Plane.Delegates.CreateAsync(draft, "delegate.", MutationContext.Internal));
        Assert.Equal(
            [
                "delegate.proxies[1]", "delegate.proxies[2]", "delegate.failover.mode", "delegate.failover.window", "delegate.failover.failures",
                "delegate.failover.hold_down", "delegate.failover.probe.timeout", "delegate.failover.probe.target", "delegate.failover.max_back_off",
            ],
            e.Violations.Select(v => v.Field));
    }

    private static DialException Refused() => new(DialFailure.Refused, "connect: refused");

    private async Task MakeAsync(FailoverDraft? failover = null)
    {
        await _test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/a", Config = "socks5://192.0.2.1:1080" }, "", MutationContext.Internal);
        await _test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/b", Config = "socks5://192.0.2.2:1080" }, "", MutationContext.Internal);
        await _test.Plane.Delegates.CreateAsync(
            new DelegateDraft(Name, "") { Proxies = ["proxies/a", "proxies/b"], Failover = failover }, "", MutationContext.Internal);
        DeviceDraft device = new() { Name = "devices/tun0", Addresses = ["10.77.0.1/24"], StreamDialer = Name, PacketProxy = Name };
        await _test.Plane.Devices.CreateAsync(device, "", MutationContext.Internal);
    }

    private async Task DialAsync(int times)
    {
        for (int i = 0; i < times; i++)
        {
            await Assert.ThrowsAnyAsync<DialException>(async () =>
                await _test.Engine.Open().Egress!.StreamDialer!.DialAsync(HostPort.Parse("198.51.100.1:80"), TestContext.Current.CancellationToken));
        }
    }

    private SystemMutation? Told()
    {
        lock (_told)
        {
            return _told.FirstOrDefault();
        }
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < s_patience, "what was waited for did not come");
            await ChangeAsync();
        }
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < s_patience, "what was waited for did not come");
            _time.Advance(TimeSpan.FromSeconds(1));
            await ChangeAsync();
        }
    }

    private List<ResourceChange> Told(long after)
    {
        List<ResourceChange> changes = [];
        Assert.True(_test.Plane.Changes.TryRead(after, changes, out _));
        return [.. changes.Where(change => change.Name == Name)];
    }

    // A change, or a moment without one: what is waited for may have come before, or bring none.
    private async Task ChangeAsync()
    {
        using CancellationTokenSource moment = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        moment.CancelAfter(10);
        try
        {
            await _test.Plane.Changes.WaitAsync(_test.Plane.Changes.Sequence, moment.Token);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // Look again.
        }
    }
}
