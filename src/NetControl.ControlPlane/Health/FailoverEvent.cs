namespace NetControl.ControlPlane.Health;

/// <summary>The last time that a delegate left one proxy for another by itself.</summary>
/// <param name="From">The one that was in use.</param>
/// <param name="To">The one it went to.</param>
/// <param name="Reason">Why.</param>
/// <param name="Why">The same as a sentence for people.</param>
/// <param name="Time">When.</param>
public sealed record FailoverEvent(string From, string To, SwitchReason Reason, string Why, DateTimeOffset Time);
