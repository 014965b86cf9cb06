namespace NetControl.ControlPlane.Health;

/// <summary>That a delegate should leave one proxy for another.</summary>
/// <param name="From">The one in use.</param>
/// <param name="To">The other.</param>
/// <param name="Reason">Why.</param>
/// <param name="Why">The same as a sentence for people.</param>
internal sealed record SwitchDecision(string From, string To, SwitchReason Reason, string Why);
