using NetControl.Engine.Devices;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack;

namespace NetControl.Engine.Flows;

/// <summary>Tells of sessions that were refused before they began: over a limit, or without a way out.</summary>
/// <remarks>
/// Owner: the queue's loop. The counters are exact. As events the first refusals are told one by one, as a session that opened and closed
/// at once; a flood is told a few times a second by its latest attempt, whose <see cref="SessionInfo.PacketsSent"/> is the number of
/// attempts that it stands for.
/// </remarks>
internal sealed class Rejections
{
    private const int EventsPerSecond = 10;
    private const int Burst = 20;
    private const int Kinds = 5;
    private readonly PacketQueue _queue;
    private readonly Pending[] _pending = new Pending[2 * Kinds];
    private TokenBucket _bucket = new(EventsPerSecond, Burst);

    /// <summary>Makes the books of a queue.</summary>
    public Rejections(PacketQueue queue) => _queue = queue;

    /// <summary>Whether there is something that was not told yet.</summary>
    public bool HasPending { get; private set; }

    /// <summary>A session was refused.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="source">The application's socket.</param>
    /// <param name="destination">Where it wanted to go.</param>
    /// <param name="egress">The way out it would have had, if there is one.</param>
    /// <param name="cause">One of those that a session is refused with.</param>
    /// <param name="rule">The policy's rule that decided, if there is a policy.</param>
    public void Add(SessionProtocol protocol, AddrPort source, AddrPort destination, EgressModel? egress, SessionCause cause,
        PolicyRuleModel? rule)
    {
        SessionTally tally = _queue.Context.Tally(_queue.Device.Name, egress?.DelegateName ?? "", protocol, source.IsV4);
        tally.Opened++;
        tally.Closed[(int)cause]++;
        int kind = cause switch
        {
            SessionCause.LimitExceeded => 0,
            SessionCause.PolicyDenied => 1,
            SessionCause.SourceLimit => 2,
            SessionCause.DestinationLimit => 3,
            _ => 4,
        };
        ref Pending pending = ref _pending[((int)protocol * Kinds) + kind];
        pending = new Pending(protocol, source, destination, egress, cause, rule, pending.Count + 1);
        Tell(ref pending);
    }

    /// <summary>Tells what was held back, as far as the rate allows.</summary>
    public void Flush()
    {
        HasPending = false;
        foreach (ref Pending pending in _pending.AsSpan())
        {
            if (pending.Count > 0)
            {
                Tell(ref pending);
            }
        }
    }

    private void Tell(ref Pending pending)
    {
        if (!_bucket.TryTake(_queue.Context.Loop.Now))
        {
            HasPending = true;
            return;
        }

        long now = DateTime.UtcNow.Ticks;
        SessionInfo info = new()
        {
            Id = _queue.Context.NextSessionId(),
            Device = _queue.Device.Name,
            Egress = pending.Egress,
            Protocol = pending.Protocol,
            Source = pending.Source,
            Destination = pending.Destination,
            State = SessionState.Dialing,
            Cause = SessionCause.None,
            OpenedUtcTicks = now,
            ClosedUtcTicks = 0,
            DialDuration = default,
            BytesSent = 0,
            BytesReceived = 0,
            PacketsSent = pending.Count,
            PacketsReceived = 0,
            Rule = pending.Rule,
        };
        EventRing events = _queue.Context.Events;
        events.Add(SessionEventKind.Opened, info);
        events.Add(SessionEventKind.Closed, info with { State = SessionState.Closed, Cause = pending.Cause, ClosedUtcTicks = now });
        pending = default;
    }

    private readonly record struct Pending(
        SessionProtocol Protocol, AddrPort Source, AddrPort Destination, EgressModel? Egress, SessionCause Cause,
        PolicyRuleModel? Rule, long Count);
}
