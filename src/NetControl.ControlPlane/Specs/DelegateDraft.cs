namespace NetControl.ControlPlane.Specs;

/// <summary>A delegate as it was asked for.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Proxy">The proxy that it points at; empty is the first of <see cref="Proxies"/>.</param>
public sealed record DelegateDraft(string Name, string Proxy)
{
    /// <summary>The proxies that it chooses among, the most preferred first; empty is only the one.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>How it chooses; null is the default.</summary>
    public FailoverDraft? Failover { get; init; }
}
