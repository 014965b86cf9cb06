namespace NetControl.ControlPlane.Specs;

/// <summary>What a swap does to the sessions that live.</summary>
public enum ExistingPolicy
{
    /// <summary>They go on.</summary>
    Keep,

    /// <summary>They go on until a deadline.</summary>
    Drain,

    /// <summary>They are closed.</summary>
    Close,
}
