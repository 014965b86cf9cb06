using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.State;

/// <summary>A delegate and the proxy that it points at.</summary>
internal sealed record DelegateRecord : ResourceRecord
{
    /// <summary>Empty once the proxy was removed by force: everything is rejected.</summary>
    public required string Proxy { get; init; }

    /// <summary>What it chooses among, the most preferred first; empty is only the one.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>How it chooses; null is the default.</summary>
    public FailoverSpec? Failover { get; init; }

    /// <summary>Somebody pointed it where it points: only a failure makes it leave.</summary>
    public bool Pinned { get; init; }

    /// <summary>When it last left a proxy by itself; null when it never did.</summary>
    public FailoverEvent? LastFailover { get; init; }

    /// <summary>Every proxy it points at, or may.</summary>
    public IEnumerable<string> Candidates => Proxy.Length == 0 || Proxies.Contains(Proxy, StringComparer.Ordinal) ? Proxies : Proxies.Append(Proxy);

    /// <summary>How it judges.</summary>
    public FailoverSpec Judging => Failover ?? FailoverSpec.Default;
}
