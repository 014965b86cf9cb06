using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Events;

/// <summary>Every live session as of one event, and the subscription that goes on after it.</summary>
/// <param name="Subscription">Owned by whoever asked.</param>
/// <param name="Sequence">The effect of every event up to this number is in the snapshot.</param>
/// <param name="Sessions">The sessions.</param>
public sealed record SessionSnapshot(SessionSubscription Subscription, long Sequence, IReadOnlyCollection<SessionInfo> Sessions);
