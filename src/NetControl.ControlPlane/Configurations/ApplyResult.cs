namespace NetControl.ControlPlane.Configurations;

/// <summary>What applying a document did, or would do.</summary>
/// <param name="Generation">The configuration's generation now.</param>
/// <param name="Steps">The steps, in order; empty when everything is as wished already.</param>
/// <param name="ConfirmationId">What to confirm with; empty when nothing waits for it.</param>
/// <param name="ConfirmBy">When it is taken back unless confirmed.</param>
public sealed record ApplyResult(long Generation, IReadOnlyList<PlanStep> Steps, string ConfirmationId = "", DateTimeOffset? ConfirmBy = null);
