namespace NetControl.ControlPlane.Specs;

/// <summary>How a delegate chooses among its proxies.</summary>
public enum FailoverMode
{
    /// <summary>The first one that works.</summary>
    FirstHealthy,

    /// <summary>The one it points at, until somebody swaps it.</summary>
    Fixed,

    /// <summary>The one whose probes come back soonest.</summary>
    LowestLatency,
}
