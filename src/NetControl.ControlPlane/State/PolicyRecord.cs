using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.State;

/// <summary>A policy: the draft as it was sent, and what it means.</summary>
internal sealed record PolicyRecord : ResourceRecord
{
    public required PolicyDraft Draft { get; init; }

    public required PolicySpec Spec
    {
        get;
        init
        {
            field = value;
            Targets = [.. value.Rules.Where(rule => rule.Target.Length > 0).Select(rule => rule.Target).Distinct(StringComparer.Ordinal)];
        }
    }

    /// <summary>The egresses that its rules lead to.</summary>
    public IReadOnlyList<string> Targets { get; private init; } = [];

    public override IReadOnlyCollection<string> References => Targets;
}
