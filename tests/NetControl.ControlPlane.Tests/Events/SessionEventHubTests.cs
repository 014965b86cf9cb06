using CsCheck;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Sessions;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Tests.Events;

public sealed class SessionEventHubTests
{
    [Fact]
    public async Task Reader_FasterThanEvents_GetsEachOnceInOrder()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        using SessionSubscription subscription = test.Plane.Events.Subscribe(new SubscriptionOptions());
        SessionInfo session = test.Engine.Open();
        test.Engine.Close(session.Id);
        (List<SequencedEvent> events, List<LostRange> lost, _) = Drain(subscription);
        Assert.Equal([1L, 2L], events.Select(e => e.Sequence));
        Assert.Equal([SessionEventKind.Opened, SessionEventKind.Closed], events.Select(e => e.Event.Kind));
        Assert.Empty(lost);
    }

    [Fact]
    public async Task SlowReader_LosesTheOldest_AndIsToldExactlyWhich()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        using SessionSubscription stuck = test.Plane.Events.Subscribe(new SubscriptionOptions { QueueCapacity = 10 });
        using SessionSubscription quick = test.Plane.Events.Subscribe(new SubscriptionOptions());
        for (int i = 0; i < 100; i++)
        {
            test.Engine.Open();
        }

        (List<SequencedEvent> events, List<LostRange> lost, _) = Drain(stuck);
        Assert.Equal([new LostRange(1, 90, 90, false)], lost);
        Assert.Equal(Enumerable.Range(91, 10).Select(i => (long)i), events.Select(e => e.Sequence));
        Assert.Equal(90, test.Plane.Events.ReadCounters().LostBySlowReaders);
        Assert.Equal(100, Drain(quick).Events.Count);
    }

    [Fact]
    public async Task Switches_AreToldToThoseWhoAskForThem_EachInItsPlace_AlsoToWhoResumes()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        string epoch = test.Plane.Events.Epoch;
        using SessionSubscription plain = test.Plane.Events.Subscribe(new SubscriptionOptions());
        test.Engine.Open();
        await SwapAsync(test, "proxies/b");
        test.Engine.Open();
        await test.Plane.Proxies.UpdateAsync("proxies/b", new ProxyPatch { Config = "block:" }, "", MutationContext.Internal);
        await test.Plane.Proxies.DeleteAsync("proxies/b", "", true, MutationContext.Internal);
        using SessionSubscription asked = test.Plane.Events.Resume(new SubscriptionOptions { Switches = true }, epoch, 1);
        List<SequencedEvent> events = Drain(asked).Events;
        Assert.Equal([2L, 3L, 4L, 5L], events.Select(e => e.Sequence));
        Assert.Equal(
            [("proxies/a", "proxies/b", 2L), ("proxies/b", "proxies/b", 3L), ("proxies/b", "", 4L)],
            events.Select(e => e.Switch).OfType<DelegateSwitch>().Select(s => (s.From, s.To, s.Generation)));
        Assert.All(events.Select(e => e.Switch).OfType<DelegateSwitch>(), s => Assert.Equal((null, ""), (s.Reason, s.Why)));
        Assert.Equal([1L, 3L], Drain(plain).Events.Select(e => e.Sequence));
        Assert.Equal(5, test.Plane.Events.ReadCounters().Published);
    }

    [Fact]
    public async Task Switches_AreFilteredByTheirDelegate_AndTheDevicesThatUseIt()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        await test.Plane.Delegates.CreateAsync(new DelegateDraft("delegates/mail", "proxies/a"), "", MutationContext.Internal);
        PolicyDraft policy = new()
        {
            Name = "policies/p",
            Rules = [new PolicyRuleDraft { Id = "mail", Action = "ROUTE", Target = "delegates/mail", Ports = ["25"], Protocol = "TCP" }],
        };
        await test.Plane.Policies.CreateAsync(policy, "", MutationContext.Internal);
        (SessionFilter Filter, int Mail, int Egress)[] expected =
        [
            (SessionFilter.All, 2, 1),
            (new SessionFilter([], ["delegates/mail"], []), 2, 0),
            (new SessionFilter(["devices/tun0"], [], [SessionProtocol.Udp]), 1, 1),
            (new SessionFilter(["devices/none"], [], []), 0, 0),
        ];
        SessionSubscription[] readers =
        [
            .. expected.Select(e => test.Plane.Events.Subscribe(new SubscriptionOptions { Filter = e.Filter, Switches = true })),
        ];
        await SwapAsync(test, "proxies/b", "delegates/mail"); // no device uses it yet
        await test.Plane.Devices.UpdateAsync("devices/tun0", draft => draft with { Policy = "policies/p" }, "", false, MutationContext.Internal);
        await SwapAsync(test, "proxies/a", "delegates/mail");
        await SwapAsync(test, "proxies/b");
        Assert.Equal(
            expected.Select(e => (e.Mail, e.Egress)),
            readers.Select(r => Drain(r).Events).Select(events =>
                (events.Count(e => e.Switch!.Delegate == "delegates/mail"), events.Count(e => e.Switch!.Delegate == "delegates/egress"))));
        Array.ForEach(readers, r => r.Dispose());
    }

    [Fact]
    public async Task Switches_ThatASlowReaderLost_AreCountedWhereItAskedForThem()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        using SessionSubscription asked = test.Plane.Events.Subscribe(new SubscriptionOptions { QueueCapacity = 1, Switches = true });
        using SessionSubscription plain = test.Plane.Events.Subscribe(new SubscriptionOptions { QueueCapacity = 1 });
        await SwapAsync(test, "proxies/b");
        test.Engine.Open();
        test.Engine.Open();
        Assert.Equal([new LostRange(1, 2, 2, false)], Drain(asked).Lost);
        Assert.Equal([new LostRange(2, 2, 1, false)], Drain(plain).Lost);
    }

    [Fact]
    public async Task Filter_HidesEvents_AndTheyAreNotCountedAsLost()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        SessionFilter udp = new([], [], [SessionProtocol.Udp]);
        using SessionSubscription stuck = test.Plane.Events.Subscribe(new SubscriptionOptions { Filter = udp, QueueCapacity = 10 });
        for (int i = 0; i < 50; i++)
        {
            test.Engine.Open();
            test.Engine.Open(protocol: SessionProtocol.Udp);
        }

        (List<SequencedEvent> events, List<LostRange> lost, _) = Drain(stuck);
        Assert.Equal(45, Assert.Single(lost).Count);
        Assert.Equal(5, events.Count);
        Assert.All(events, e => Assert.Equal(SessionProtocol.Udp, e.Event.Info.Protocol));
    }

    [Fact]
    public async Task EngineLoss_TakesSequenceNumbers_AndIsToldInOrder()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        using SessionSubscription subscription = test.Plane.Events.Subscribe(new SubscriptionOptions());
        test.Engine.Open();
        test.Engine.Lose(5);
        test.Engine.Open();
        List<SequencedEvent> events = [];
        Assert.Equal(FeedResult.Events, subscription.Read(events, 10, out _));
        Assert.Equal(1, Assert.Single(events).Sequence);
        Assert.Equal(FeedResult.Lost, subscription.Read(events, 10, out LostRange lost));
        Assert.Equal(new LostRange(2, 6, 5, true), lost);
        Assert.Equal(FeedResult.Events, subscription.Read(events, 10, out _));
        Assert.Equal(7, Assert.Single(events).Sequence);
    }

    [Fact]
    public async Task Resume_WithinTheLog_GoesOnAfterThePoint()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync(eventCapacity: 256);
        for (int i = 0; i < 300; i++)
        {
            test.Engine.Open();
        }

        SessionEventHub hub = test.Plane.Events;
        using SessionSubscription resumed = hub.Resume(new SubscriptionOptions(), hub.Epoch, 100);
        Assert.Equal(Enumerable.Range(101, 200).Select(i => (long)i), Drain(resumed).Events.Select(e => e.Sequence));
    }

    [Theory]
    [InlineData(43, false)]
    [InlineData(44, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public async Task Resume_AtTheEdges_IsExact(long sequence, bool remembered)
    {
        using TestPlane test = await TestPlane.WithDeviceAsync(eventCapacity: 256);
        for (int i = 0; i < 300; i++)
        {
            test.Engine.Open();
        }

        SessionEventHub hub = test.Plane.Events;
        if (remembered)
        {
            using SessionSubscription resumed = hub.Resume(new SubscriptionOptions(), hub.Epoch, sequence);
            Assert.Equal(300 - sequence, Drain(resumed).Events.Count);
        }
        else
        {
            ControlPlaneException e = Assert.Throws<ControlPlaneException>(() =>
                hub.Resume(new SubscriptionOptions(), hub.Epoch, sequence));
            Assert.Equal(ControlPlaneError.ResumePointExpired, e.Error);
            Assert.Equal("45", e.Metadata["oldest_sequence"]);
        }
    }

    [Fact]
    public void Resume_OtherEpoch_IsExpired()
    {
        using TestPlane test = new();
        ControlPlaneException e = Assert.Throws<ControlPlaneException>(() =>
            test.Plane.Events.Resume(new SubscriptionOptions(), "other", 0));
        Assert.Equal(ControlPlaneError.ResumePointExpired, e.Error);
    }

    [Fact]
    public async Task Updates_AreAskedOfTheEngine_OnlyWhileSomebodyWantsThem()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        SessionSubscription first = test.Plane.Events.Subscribe(new SubscriptionOptions { Updates = true });
        SessionSubscription second = test.Plane.Events.Subscribe(new SubscriptionOptions { Updates = true });
        Assert.True(test.Engine.WantUpdates);
        first.Dispose();
        Assert.True(test.Engine.WantUpdates);
        second.Dispose();
        second.Dispose();
        Assert.False(test.Engine.WantUpdates);
    }

    [Fact]
    public async Task Complete_LetsReadersFinish_ThenEndsThem()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        using SessionSubscription subscription = test.Plane.Events.Subscribe(new SubscriptionOptions());
        test.Engine.Open();
        test.Plane.Events.Complete();
        (List<SequencedEvent> events, _, FeedResult end) = Drain(subscription);
        Assert.Single(events);
        Assert.Equal(FeedResult.Completed, end);
    }

    // Whatever is published, lost and read in whatever order: what a reader was given and what it was told is lost make up everything.
    [Fact]
    public Task AnyInterleaving_GivenPlusLost_IsPublished() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 3].Array[1, 300]).SampleAsync(async (capacity, steps) =>
        {
            using TestPlane test = await TestPlane.WithDeviceAsync(eventCapacity: 256);
            using SessionSubscription subscription = test.Plane.Events.Subscribe(new SubscriptionOptions { QueueCapacity = capacity });
            long given = 0;
            long lost = 0;
            long last = 0;
            List<SequencedEvent> events = [];
            void Read()
            {
                switch (subscription.Read(events, 7, out LostRange range))
                {
                    case FeedResult.Events:
                        given += events.Count;
                        Assert.True(events[0].Sequence > last);
                        last = events[^1].Sequence;
                        break;
                    case FeedResult.Lost:
                        Assert.True(range.From > last);
                        lost += range.Count;
                        last = range.To;
                        break;
                }
            }

            foreach (int step in steps)
            {
                switch (step)
                {
                    case 0:
                        Read();
                        break;
                    case 1:
                        test.Engine.Lose(3);
                        break;
                    default:
                        test.Engine.Open();
                        break;
                }
            }

            while (subscription.Position < test.Plane.Events.Sequence || last < subscription.Position)
            {
                Read();
            }

            Assert.Equal(test.Plane.Events.Sequence, given + lost);
        }, iter: 200);

    private static Task SwapAsync(TestPlane test, string proxy, string name = "delegates/egress") =>
        test.Plane.Delegates.SwapAsync(new SwapRequest(name, proxy, ExistingPolicy.Keep), MutationContext.Internal);

    private static (List<SequencedEvent> Events, List<LostRange> Lost, FeedResult End) Drain(SessionSubscription subscription)
    {
        List<SequencedEvent> all = [];
        List<LostRange> lost = [];
        List<SequencedEvent> batch = [];
        while (true)
        {
            FeedResult result = subscription.Read(batch, 7, out LostRange range);
            switch (result)
            {
                case FeedResult.Events:
                    all.AddRange(batch);
                    break;
                case FeedResult.Lost:
                    lost.Add(range);
                    break;
                default:
                    return (all, lost, result);
            }
        }
    }
}
