namespace NetControl.ControlPlane.Specs;

/// <summary>A delegate as it was asked for.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Proxy">The proxy that it points at.</param>
public sealed record DelegateDraft(string Name, string Proxy);
