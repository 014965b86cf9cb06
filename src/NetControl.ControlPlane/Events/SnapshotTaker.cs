using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Events;

/// <summary>Takes a snapshot of the live sessions that fits the event stream without gap or overlap.</summary>
/// <remarks>
/// 1. Subscribe: events after S0 are kept. 2. Copy the sessions, each loop at its own moment. 3. Flush: every event that happened before is
/// now in the log. 4. Apply the events from S0 on to the copies. What comes out is exact as of the last event applied: a session that ended
/// before its loop was copied is neither in the copy nor re-opened, since its closing is among the events or before S0; one that opened
/// after the copy is added by its event. A loss on the way spoils it, and it is taken again.
/// </remarks>
internal sealed class SnapshotTaker
{
    private const int MostAttempts = 5;
    private const int BatchSize = 1024;
    private readonly SessionEventHub _hub;
    private readonly IEngine _engine;

    public SnapshotTaker(SessionEventHub hub, IEngine engine)
    {
        _hub = hub;
        _engine = engine;
    }

    public async Task<SessionSnapshot> TakeAsync(SubscriptionOptions options, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            SessionSubscription subscription = _hub.Subscribe(options);
            try
            {
                IReadOnlyList<SessionInfo> copies = await _engine.ListSessionsAsync(options.Filter.Matches, cancellationToken);
                await _engine.FlushEventsAsync(cancellationToken);
                Dictionary<ulong, SessionInfo> live = copies.ToDictionary(session => session.Id);
                if (TryApply(subscription, _hub.Sequence, live))
                {
                    return new SessionSnapshot(subscription, subscription.Position, live.Values);
                }
            }
            catch
            {
                subscription.Dispose();
                throw;
            }

            subscription.Dispose();
        }

        throw new ControlPlaneException(ControlPlaneError.SnapshotOverrun,
            "events come faster than a snapshot can be taken; try again, with a larger queue_capacity");
    }

    private static bool TryApply(SessionSubscription subscription, long upTo, Dictionary<ulong, SessionInfo> live)
    {
        List<SequencedEvent> events = new(BatchSize);
        while (true)
        {
            switch (subscription.Read(events, BatchSize, out _))
            {
                case FeedResult.Lost:
                    return false;
                case FeedResult.Empty or FeedResult.Completed when subscription.Position >= upTo:
                    return true;
            }

            foreach (SequencedEvent e in events.Where(static e => e.Switch is null)) // a switch leaves live sessions as they are
            {
                Apply(e.Event, live);
            }
        }
    }

    private static void Apply(in SessionEvent e, Dictionary<ulong, SessionInfo> live)
    {
        switch (e.Kind)
        {
            case SessionEventKind.Closed:
                live.Remove(e.Info.Id);
                break;
            case SessionEventKind.Opened:
                live.TryAdd(e.Info.Id, e.Info); // The copy, if there is one, is the younger of the two.
                break;
            case SessionEventKind.Updated when live.TryGetValue(e.Info.Id, out SessionInfo known) && Volume(e.Info) > Volume(known):
                live[e.Info.Id] = e.Info;
                break;
        }
    }

    private static long Volume(in SessionInfo session) => session.PacketsSent + session.PacketsReceived + session.BytesSent
        + session.BytesReceived;
}
