using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Mapping;

/// <summary>Durations of messages, which may be what no duration is.</summary>
internal static class DurationMapping
{
    public static TimeSpan? ToTimeSpanOrNull(this Duration? duration, string field)
    {
        if (duration is null)
        {
            return null;
        }

        try
        {
            return duration.ToTimeSpan();
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            throw ControlPlaneException.Invalid(new Violation(field,
                "is not a valid duration; seconds and nanos need the same sign and the range of google.protobuf.Duration", "INVALID_VALUE"));
        }
    }
}
