namespace NetControl.ControlPlane.Specs;

/// <summary>A delegate that was found valid.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Proxy">The proxy that it points at; empty leaves the choice open.</param>
/// <param name="Proxies">The proxies that it chooses among; empty is only the one.</param>
/// <param name="Failover">How it chooses; null is the default.</param>
internal sealed record DelegateSpec(string Name, string Proxy, IReadOnlyList<string> Proxies, FailoverSpec? Failover)
{
    /// <summary>Where it points when it is new; empty where a removal by force left nothing.</summary>
    public string First => Proxy.Length > 0 || Proxies.Count == 0 ? Proxy : Proxies[0];
}
