namespace NetControl.ControlPlane.Events;

/// <summary>What a read of a subscription brought.</summary>
public enum FeedResult
{
    /// <summary>There is nothing new.</summary>
    Empty,

    /// <summary>Some events.</summary>
    Events,

    /// <summary>Word of a loss.</summary>
    Lost,

    /// <summary>The end: everything has been read, and nothing will follow.</summary>
    Completed,
}
