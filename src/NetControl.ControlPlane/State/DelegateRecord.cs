namespace NetControl.ControlPlane.State;

/// <summary>A delegate and the proxy that it points at.</summary>
internal sealed record DelegateRecord : ResourceRecord
{
    /// <summary>Empty once the proxy was removed by force: everything is rejected.</summary>
    public required string Proxy { get; init; }
}
