using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;

namespace NetControl.ControlPlane.Configurations;

/// <summary>Asks that a whole document be made true.</summary>
/// <param name="Desired">The document.</param>
public sealed record ApplyRequest(DesiredState Desired)
{
    /// <summary>Remove what the document does not declare.</summary>
    public bool Prune { get; init; }

    /// <summary>If set, the generation that the document was made from must be the current one.</summary>
    public long? BaseGeneration { get; init; }

    /// <summary>If set, everything is taken back unless it is confirmed within this time.</summary>
    public TimeSpan? ConfirmTimeout { get; init; }

    /// <summary>Who declares it. A file's earlier resources are pruned when the file no longer declares them, whatever
    /// <see cref="Prune"/> says.</summary>
    public ResourceSource Source { get; init; }
}
