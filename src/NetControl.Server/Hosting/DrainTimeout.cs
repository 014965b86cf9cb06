using System.Globalization;

namespace NetControl.Server.Hosting;

/// <summary>How long a drain may take, as the command line writes it.</summary>
internal static class DrainTimeout
{
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);
    private static readonly (string Unit, double Seconds)[] s_units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>Reads <c>500ms</c>, <c>30s</c>, <c>5m</c> or <c>1h</c>; null for anything else.</summary>
    public static TimeSpan? Parse(string text)
    {
        foreach ((string unit, double seconds) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
                && value * seconds <= s_longest.TotalSeconds)
            {
                return TimeSpan.FromSeconds(value * seconds);
            }
        }

        return null;
    }
}
