namespace NetControl.ControlPlane.Specs;

/// <summary>How proxies are tried out without traffic, as it was asked for; null is the default.</summary>
public sealed record HealthProbeDraft
{
    /// <summary>What is dialled through a proxy, host:port.</summary>
    public string Target { get; init; } = "";

    /// <summary>How often.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How long one attempt may take.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Leave proxies alone that rank behind the one in use.</summary>
    public bool SkipStandby { get; init; }
}
