using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Mapping;

namespace NetControl.Server.Services;

/// <summary>How often a stream on which nothing happens says that it is alive.</summary>
/// <param name="Usual">Where the reader leaves it out.</param>
/// <param name="Shortest">The shortest that a reader may ask for.</param>
/// <param name="Longest">The longest that a reader may ask for.</param>
internal sealed record HeartbeatInterval(TimeSpan Usual, TimeSpan Shortest, TimeSpan Longest)
{
    /// <summary>What a reader asks for; one that it may not have is a violation.</summary>
    public TimeSpan Read(Duration? wish, ViolationList violations)
    {
        TimeSpan interval = wish.ToTimeSpanOrNull("heartbeat_interval") ?? Usual;
        if (interval < Shortest || interval > Longest)
        {
            violations.AddOutOfRange("heartbeat_interval", interval, $"write {DurationText.Of(Shortest)} to {DurationText.Of(Longest)}");
        }

        return interval;
    }
}
