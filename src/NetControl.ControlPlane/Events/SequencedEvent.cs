using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Events;

/// <summary>A session event with its number.</summary>
/// <param name="Sequence">The number, one larger than that of the event before it.</param>
/// <param name="Event">What happened.</param>
public readonly record struct SequencedEvent(long Sequence, SessionEvent Event);
