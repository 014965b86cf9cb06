using NetControl.Engine.Policies;

namespace NetControl.ControlPlane.Policies;

/// <summary>One rule that was asked.</summary>
/// <param name="Rule">Its id.</param>
/// <param name="Mismatch">Why it does not match.</param>
public sealed record PolicyTraceStep(string Rule, PolicyMismatch Mismatch);
