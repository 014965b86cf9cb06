namespace NetControl.ControlPlane.Health;

/// <summary>What is thought of a proxy.</summary>
public enum ProxyCondition
{
    /// <summary>Nothing has shown yet whether it works.</summary>
    Unknown,

    /// <summary>It works.</summary>
    Healthy,

    /// <summary>It failed too often.</summary>
    Unhealthy,
}
