namespace NetControl.ControlPlane.Configurations;

/// <summary>An applied document that is taken back unless it is confirmed in time.</summary>
/// <param name="Id">What to confirm with.</param>
/// <param name="Deadline">When it is taken back.</param>
public sealed record PendingConfirmation(string Id, DateTimeOffset Deadline);
