using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Storage;

/// <summary>A delegate as it is written; one that was written before it could choose lacks all but the first two.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Proxy">The proxy that it points at.</param>
internal sealed record StoredDelegate(string Name, string? Proxy)
{
    /// <summary>What it chooses among.</summary>
    public IReadOnlyList<string>? Proxies { get; init; }

    /// <summary>How it chooses.</summary>
    public FailoverDraft? Failover { get; init; }

    /// <summary>Whether somebody pointed it where it points.</summary>
    public bool Pinned { get; init; }

    /// <summary>When it last left a proxy by itself.</summary>
    public FailoverEvent? LastFailover { get; init; }
}
