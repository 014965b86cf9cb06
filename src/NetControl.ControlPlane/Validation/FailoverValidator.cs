using NetControl.ControlPlane.Specs;
using NetControl.Network;

namespace NetControl.ControlPlane.Validation;

/// <summary>Checks how a delegate is to judge its proxies, and fills in what was left open.</summary>
internal static class FailoverValidator
{
    private const int LongestWindow = 64;
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_usualInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_usualTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Checks a draft. Fields are named with the prefix, e.g. <c>delegate.failover.</c>.</summary>
    public static FailoverSpec Validate(FailoverDraft draft, string prefix, FieldNaming naming, ViolationList violations)
    {
        FailoverSpec usual = FailoverSpec.Default;
        FailoverMode mode = Mode(draft.Mode ?? "", prefix, violations);
        int window = Count(draft.Window, usual.Window, LongestWindow, prefix + "window", violations);
        TimeSpan backOff = Time(draft.BackOff, usual.BackOff, s_second, s_day, prefix + naming.BackOff, violations);
        TimeSpan longest = Time(draft.MaxBackOff, Max(usual.MaxBackOff, backOff), s_second, s_day, prefix + naming.MaxBackOff, violations);
        FailoverSpec spec = new()
        {
            Mode = mode,
            Failures = Count(draft.Failures, usual.Failures, 1000, prefix + "failures", violations),
            WindowFailures = Count(draft.WindowFailures, (window + 1) / 2, LongestWindow, prefix + naming.WindowFailures, violations),
            Window = window,
            Successes = Count(draft.Successes, usual.Successes, 1000, prefix + "successes", violations),
            HoldDown = Time(draft.HoldDown, usual.HoldDown, TimeSpan.Zero, s_day, prefix + naming.HoldDown, violations),
            BackOff = backOff,
            MaxBackOff = longest,
            Probe = draft.Probe is null ? null : Probe(draft.Probe, $"{prefix}probe.", naming, violations),
        };
        if (longest < backOff)
        {
            violations.Add(prefix + naming.MaxBackOff, DurationText.Of(longest), $"is shorter than {naming.BackOff}",
                "write a longer one, or leave it out", "OUT_OF_RANGE");
        }

        if (spec.WindowFailures > window)
        {
            violations.Add(prefix + naming.WindowFailures, $"{spec.WindowFailures}", $"is more than the window's {window}",
                "write a smaller one, or a longer window", "OUT_OF_RANGE");
        }

        if (mode == FailoverMode.LowestLatency && spec.Probe is null or { SkipStandby: true })
        {
            violations.AddText(prefix + "probe",
                $"LOWEST_LATENCY compares what probes of every proxy measure; set probe.target, and leave probe.{naming.SkipStandby} out",
                "REQUIRED");
        }

        return spec;
    }

    private static FailoverMode Mode(string word, string prefix, ViolationList violations)
    {
        switch (word)
        {
            case "" or "FIRST_HEALTHY":
                return FailoverMode.FirstHealthy;
            case "FIXED":
                return FailoverMode.Fixed;
            case "LOWEST_LATENCY":
                return FailoverMode.LowestLatency;
            default:
                violations.Add(prefix + "mode", word, "is not a mode this server knows", "write FIRST_HEALTHY, FIXED or LOWEST_LATENCY",
                    "UNKNOWN_ENUM_VALUE");
                return FailoverMode.Fixed;
        }
    }

    private static HealthProbeSpec? Probe(HealthProbeDraft draft, string prefix, FieldNaming naming, ViolationList violations)
    {
        TimeSpan interval = Time(draft.Interval, s_usualInterval, s_second, s_hour, prefix + "interval", violations);
        TimeSpan timeout = Time(draft.Timeout, s_usualTimeout < interval ? s_usualTimeout : interval, TimeSpan.FromMilliseconds(100), s_hour,
            prefix + "timeout", violations);
        if (timeout > interval)
        {
            violations.Add(prefix + "timeout", DurationText.Of(timeout), "is longer than the interval",
                "write a shorter one, or a longer interval", "OUT_OF_RANGE");
        }

        if (!HostPort.TryParse(draft.Target ?? "", out HostPort target) || target.Port == 0)
        {
            violations.Add(prefix + "target", draft.Target ?? "", "is not host:port",
                "write what is always there beyond the proxy, e.g. 192.0.2.1:443", "INVALID_VALUE");
            return null;
        }

        return new HealthProbeSpec(target, interval, timeout, draft.SkipStandby);
    }

    private static int Count(long value, int usual, int most, string field, ViolationList violations) =>
        RangeValidator.Check(value, 1, most, $"{usual}", field, violations) && value != 0 ? (int)value : usual;

    private static TimeSpan Time(
        TimeSpan? value, TimeSpan usual, TimeSpan shortest, TimeSpan longest, string field, ViolationList violations) =>
        RangeValidator.Check(value, shortest, longest, usual, field, violations) ? value ?? usual : usual;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
