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

    public override IReadOnlyCollection<string> References => [.. Candidates];

    /// <summary>How it judges.</summary>
    public FailoverSpec Judging => Failover ?? FailoverSpec.Default;

    /// <summary>Whether new settings leave it where it points.</summary>
    /// <remarks>Where it may go elsewhere by itself, a document says where it begins, and not where it has to be.</remarks>
    public bool Stays(DelegateSpec spec) =>
        (spec.Proxy.Length == 0 || (spec.Failover ?? FailoverSpec.Default).Mode != FailoverMode.Fixed)
        && spec.Proxies.Contains(Proxy, StringComparer.Ordinal);

    /// <summary>The same after a proxy is gone: one that may go elsewhere does, one that may not rejects.</summary>
    public DelegateRecord Without(string proxy)
    {
        string[] left = [.. Proxies.Where(other => other != proxy)];
        return this with
        {
            Proxies = left,
            Proxy = Proxy != proxy ? Proxy
                : Judging.Mode != FailoverMode.Fixed && left.Length > 0 ? left[0]
                : "",
        };
    }
}
