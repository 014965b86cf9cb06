namespace NetControl.ControlPlane.Events;

/// <summary>Events that are missing from a subscriber's stream.</summary>
/// <param name="From">The first missing number.</param>
/// <param name="To">The last missing number.</param>
/// <param name="Count">How many events between them the subscriber would have got.</param>
/// <param name="ByEngine">Whether the engine's rings lost them, rather than this subscriber.</param>
public readonly record struct LostRange(long From, long To, long Count, bool ByEngine);
