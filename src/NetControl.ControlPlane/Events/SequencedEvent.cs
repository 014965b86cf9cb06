using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Events;

/// <summary>An event with its number: of a session, or of a delegate.</summary>
/// <param name="Sequence">The number, one larger than that of the event before it.</param>
/// <param name="Event">What happened to a session; nothing where a delegate switched.</param>
/// <param name="Switch">How a delegate switched; null where something happened to a session.</param>
public readonly record struct SequencedEvent(long Sequence, SessionEvent Event, DelegateSwitch? Switch = null);
