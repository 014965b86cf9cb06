using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Tests.Events;

public sealed class SnapshotTakerTests
{
    // The invariant of the stream: snapshot plus deltas is the truth, and totals add up to the counters, while sessions come and go.
    [Fact]
    public async Task SnapshotPlusEvents_UnderLoad_EqualTheEngine()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync(eventCapacity: 65_536);
        using CancellationTokenSource stop = new();
        Task load = Task.Run(() => Churn(test.Engine, 20_000), CancellationToken.None);
        for (int round = 0; round < 5; round++)
        {
            SessionSnapshot snapshot = await test.Plane.TakeSnapshotAsync(new SubscriptionOptions(), CancellationToken.None);
            using SessionSubscription subscription = snapshot.Subscription;
            Dictionary<ulong, SessionInfo> live = snapshot.Sessions.ToDictionary(s => s.Id);
            if (round == 4)
            {
                await load;
            }

            List<SequencedEvent> batch = [];
            while (subscription.Read(batch, 500, out _) == FeedResult.Events)
            {
                foreach (SequencedEvent e in batch)
                {
                    if (e.Event.Kind == SessionEventKind.Opened)
                    {
                        Assert.True(live.TryAdd(e.Event.Info.Id, e.Event.Info));
                    }
                    else if (e.Event.Kind == SessionEventKind.Closed)
                    {
                        Assert.True(live.Remove(e.Event.Info.Id));
                    }
                }
            }

            if (round == 4)
            {
                Assert.Equal(test.Engine.LiveCount, live.Count);
            }
        }
    }

    [Fact]
    public async Task Totals_OfClosedAndLive_EqualTheCounters()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync(eventCapacity: 65_536);
        using SessionSubscription subscription = test.Plane.Events.Subscribe(new SubscriptionOptions());
        Churn(test.Engine, 5_000);
        long opened = 0;
        long closed = 0;
        long sent = 0;
        List<SequencedEvent> batch = [];
        while (subscription.Read(batch, 1000, out _) == FeedResult.Events)
        {
            opened += batch.Count(e => e.Event.Kind == SessionEventKind.Opened);
            closed += batch.Count(e => e.Event.Kind == SessionEventKind.Closed);
            sent += batch.Where(e => e.Event.Kind == SessionEventKind.Closed).Sum(e => e.Event.Info.BytesSent);
        }

        IReadOnlyList<SessionInfo> live = await test.Engine.ListSessionsAsync(null, CancellationToken.None);
        IReadOnlyList<SessionCounters> counters = test.Plane.ReadCounters().Sessions;
        Assert.Equal(live.Count, opened - closed);
        Assert.Equal(counters.Sum(c => c.Opened), opened);
        Assert.Equal(counters.Sum(c => c.BytesSent), sent + live.Sum(s => s.BytesSent));
    }

    private static void Churn(FakeEngine engine, int steps)
    {
        Random random = new(7);
        List<ulong> live = [];
        for (int i = 0; i < steps; i++)
        {
            if (live.Count == 0 || random.Next(100) < 52)
            {
                live.Add(engine.Open(protocol: random.Next(2) == 0 ? SessionProtocol.Tcp : SessionProtocol.Udp,
                    v4: random.Next(2) == 0).Id);
                continue;
            }

            int index = random.Next(live.Count);
            engine.Move(live[index], random.Next(5000), random.Next(5000));
            if (random.Next(2) == 0)
            {
                engine.Close(live[index]);
                live.RemoveAt(index);
            }
        }
    }
}
