namespace NetControl.ControlPlane.Health;

/// <summary>What one attempt says about a proxy: a session's dial, or a probe.</summary>
/// <param name="Stage">Where it failed: connect, dial, associate, or a probe's stage; empty for a success.</param>
/// <param name="Error">What failed; empty for a success. Holds no secret.</param>
/// <param name="Latency">How long a successful probe took; null for a dial, whose time is its destination's too.</param>
internal readonly record struct DialOutcome(string Stage, string Error, TimeSpan? Latency)
{
    public static readonly DialOutcome Success = new("", "", null);

    public bool Succeeded => Error.Length == 0;
}
