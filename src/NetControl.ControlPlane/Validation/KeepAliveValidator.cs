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

        RangeValidator.Check(spec.Idle, s_shortest, s_longestIdle, TimeSpan.FromSeconds(600), prefix + "idle", violations);
        RangeValidator.Check(spec.Interval, s_shortest, s_longestInterval, TimeSpan.FromSeconds(75), prefix + "interval", violations);
        RangeValidator.Check(spec.Probes, 1, MostProbes, "9", prefix + "probes", violations);
    }
}
