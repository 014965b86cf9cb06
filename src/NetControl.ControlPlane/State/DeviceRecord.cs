using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.State;

/// <summary>A device: the draft as it was sent, and what it means.</summary>
internal sealed record DeviceRecord : ResourceRecord
{
    public required DeviceDraft Draft { get; init; }

    public required TunSpec Spec { get; init; }

    /// <summary>New sessions are rejected, whatever is attached, until it is resumed.</summary>
    public bool Draining { get; init; }

    public override IReadOnlyCollection<string> References =>
        [.. ((string[])[Draft.StreamDialer, Draft.PacketProxy, Draft.Policy]).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)];
}
