using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.State;

/// <summary>A proxy: the draft as it was sent, secrets and all, and what it means.</summary>
internal sealed record ProxyRecord : ResourceRecord
{
    public required ProxyDraft Draft { get; init; }

    public required ProxySpec Spec { get; init; }

    public override IReadOnlyCollection<string> References => [];
}
