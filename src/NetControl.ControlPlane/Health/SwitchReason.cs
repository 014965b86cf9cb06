namespace NetControl.ControlPlane.Health;

/// <summary>Why a delegate leaves one proxy for another by itself.</summary>
public enum SwitchReason
{
    /// <summary>The one in use failed so many times in a row.</summary>
    Failures,

    /// <summary>The one in use failed too often among the last attempts.</summary>
    FailureRate,

    /// <summary>A preferred one works again.</summary>
    Recovered,

    /// <summary>Another one is clearly faster.</summary>
    Faster,
}
