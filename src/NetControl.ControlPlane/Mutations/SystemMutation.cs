using NetControl.ControlPlane.Errors;

namespace NetControl.ControlPlane.Mutations;

/// <summary>A change that no caller asked for at that moment: the server made it by itself, and says why.</summary>
/// <param name="Cause">What happened.</param>
/// <param name="Why">A sentence for people.</param>
/// <param name="Changes">What changed.</param>
/// <param name="Fault">Why it could not be made; null when it was.</param>
public sealed record SystemMutation(SystemCause Cause, string Why, IReadOnlyList<ResourceChange> Changes, ControlPlaneException? Fault = null);
