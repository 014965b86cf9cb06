namespace NetControl.ControlPlane.Validation;

/// <summary>Checks numbers and durations that may be left out.</summary>
internal static class RangeValidator
{
    /// <summary>Checks a number; 0 leaves it out.</summary>
    public static bool Check(long value, long least, long most, string example, string field, ViolationList violations)
    {
        if (value == 0 || (value >= least && value <= most))
        {
            return true;
        }

        violations.AddOutOfRange(field, $"{value}", $"write {least} to {most}, e.g. {example}, or leave it out");
        return false;
    }

    /// <summary>Checks a duration; null leaves it out.</summary>
    public static bool Check(TimeSpan? value, TimeSpan shortest, TimeSpan longest, TimeSpan example, string field, ViolationList violations)
    {
        if (value is not { } time || (time >= shortest && time <= longest))
        {
            return true;
        }

        violations.AddOutOfRange(field, time,
            $"write {DurationText.Of(shortest)} to {DurationText.Of(longest)}, e.g. {DurationText.Of(example)}, or leave it out");
        return false;
    }
}
