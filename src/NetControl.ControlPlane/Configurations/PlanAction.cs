namespace NetControl.ControlPlane.Configurations;

/// <summary>What one step of a plan does.</summary>
public enum PlanAction
{
    /// <summary>Makes a resource.</summary>
    Create,

    /// <summary>Changes a resource in place.</summary>
    Update,

    /// <summary>Points a delegate at another proxy; live sessions keep theirs.</summary>
    Swap,

    /// <summary>Closes a device's interface and opens it anew; its sessions end.</summary>
    Reopen,

    /// <summary>Removes a resource.</summary>
    Delete,
}
