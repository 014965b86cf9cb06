namespace NetControl.ControlPlane.Configurations;

/// <summary>One step of a plan.</summary>
/// <param name="Action">What it does.</param>
/// <param name="Name">The resource.</param>
/// <param name="SessionsDisrupted">How many live sessions it ends, at the moment of planning.</param>
/// <param name="Description">The same in words.</param>
public sealed record PlanStep(PlanAction Action, string Name, long SessionsDisrupted, string Description);
