using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Validation;

/// <summary>Checks when a device's TCP connections ask a silent application whether it is still there.</summary>
internal static class KeepAliveValidator
{
    private const int MostProbes = 100;
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestIdle = TimeSpan.FromDays(7);
    private static readonly TimeSpan s_longestInterval = TimeSpan.FromHours(1);

    /// <summary>Adds what is wrong. Fields are named with the prefix, e.g. <c>device.keep_alive.</c>.</summary>
    public static void Check(KeepAliveSpec spec, string prefix, ViolationList violations)
    {
        if (spec.Disabled && (spec.Idle is not null || spec.Interval is not null || spec.Probes != 0))
        {
            violations.Add(prefix + "disabled", "true", "contradicts the other fields", "leave it out, or leave the others out",
                "CONFLICT");
        }

        CheckTime(spec.Idle, s_longestIdle, prefix + "idle", "600s", violations);
        CheckTime(spec.Interval, s_longestInterval, prefix + "interval", "75s", violations);
        if (spec.Probes is < 0 or > MostProbes)
        {
            violations.Add(prefix + "probes", $"{spec.Probes}", "is out of range", $"write 1 to {MostProbes}, e.g. 9, or leave it out",
                "OUT_OF_RANGE");
        }
    }

    private static void CheckTime(TimeSpan? time, TimeSpan longest, string field, string example, ViolationList violations)
    {
        if (time < s_shortest || time > longest)
        {
            violations.Add(field, FormattableString.Invariant($"{time.Value.TotalSeconds:0.###}s"), "is out of range",
                $"write 1s to {longest.TotalSeconds:0}s, e.g. {example}, or leave it out", "OUT_OF_RANGE");
        }
    }
}
