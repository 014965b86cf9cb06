namespace NetControl.Engine.Sessions;

/// <summary>One entry of a loop's event ring.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Info">The session at that moment.</param>
public readonly record struct SessionEvent(SessionEventKind Kind, SessionInfo Info);
