namespace NetControl.ControlPlane.Specs;

/// <summary>How a delegate judges its proxies and chooses among them, as it was asked for; null and 0 are the defaults.</summary>
public sealed record FailoverDraft
{
    /// <summary>The choice: <c>FIRST_HEALTHY</c>, <c>FIXED</c> or <c>LOWEST_LATENCY</c>; empty is the first.</summary>
    public string Mode { get; init; } = "";

    /// <summary>So many failures in a row are too many.</summary>
    public long Failures { get; init; }

    /// <summary>So many failures among the last <see cref="Window"/> attempts are too many.</summary>
    public long WindowFailures { get; init; }

    /// <summary>How many attempts are looked back on.</summary>
    public long Window { get; init; }

    /// <summary>So many successes in a row make up for it.</summary>
    public long Successes { get; init; }

    /// <summary>How long a choice holds before a better one may be made.</summary>
    public TimeSpan? HoldDown { get; init; }

    /// <summary>How long a proxy that failed is left alone, the first time.</summary>
    public TimeSpan? BackOff { get; init; }

    /// <summary>How long at most.</summary>
    public TimeSpan? MaxBackOff { get; init; }

    /// <summary>How proxies are tried out; null is not at all.</summary>
    public HealthProbeDraft? Probe { get; init; }
}
