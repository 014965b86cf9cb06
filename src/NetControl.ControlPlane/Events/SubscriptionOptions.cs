using NetControl.ControlPlane.Sessions;

namespace NetControl.ControlPlane.Events;

/// <summary>What a subscriber wants.</summary>
public sealed record SubscriptionOptions
{
    /// <summary>Which sessions.</summary>
    public SessionFilter Filter { get; init; } = SessionFilter.All;

    /// <summary>Whether updates are wanted, besides openings and closings.</summary>
    public bool Updates { get; init; }

    /// <summary>Whether it is wanted that delegates switch.</summary>
    public bool Switches { get; init; }

    /// <summary>How many events it may be behind; 0 is as many as are remembered.</summary>
    public int QueueCapacity { get; init; }
}
