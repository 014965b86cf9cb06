using System.Globalization;

namespace NetControl.ControlPlane.Specs;

/// <summary>How a delegate judges its proxies and chooses among them.</summary>
public sealed record FailoverSpec
{
    /// <summary>What holds where nothing was asked for.</summary>
    public static readonly FailoverSpec Default = new();

    /// <summary>The choice.</summary>
    public FailoverMode Mode { get; init; } = FailoverMode.FirstHealthy;

    /// <summary>So many failures in a row are too many.</summary>
    public int Failures { get; init; } = 3;

    /// <summary>So many failures among the last <see cref="Window"/> attempts are too many.</summary>
    public int WindowFailures { get; init; } = 10;

    /// <summary>How many attempts are looked back on.</summary>
    public int Window { get; init; } = 20;

    /// <summary>So many successes in a row make up for it.</summary>
    public int Successes { get; init; } = 3;

    /// <summary>How long a choice holds before a better one may be made.</summary>
    public TimeSpan HoldDown { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a proxy that failed is left alone, the first time; it doubles each time.</summary>
    public TimeSpan BackOff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long at most; a proxy that did well for so long begins anew.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How proxies are tried out; null is not at all.</summary>
    public HealthProbeSpec? Probe { get; init; }

    /// <summary>The draft that means this, with every default written out.</summary>
    public FailoverDraft ToDraft() => new()
    {
        Mode = Word(Mode),
        Failures = Failures,
        WindowFailures = WindowFailures,
        Window = Window,
        Successes = Successes,
        HoldDown = HoldDown,
        BackOff = BackOff,
        MaxBackOff = MaxBackOff,
        Probe = Probe is null ? null : new HealthProbeDraft
        {
            Target = string.Create(CultureInfo.InvariantCulture, $"{Probe.Target}"),
            Interval = Probe.Interval,
            Timeout = Probe.Timeout,
            SkipStandby = Probe.SkipStandby,
        },
    };

    /// <summary>A mode as drafts spell it.</summary>
    public static string Word(FailoverMode mode) => mode switch
    {
        FailoverMode.Fixed => "FIXED",
        FailoverMode.LowestLatency => "LOWEST_LATENCY",
        _ => "FIRST_HEALTHY",
    };
}
