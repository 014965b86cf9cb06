namespace NetControl.Testing.Links;

/// <summary>What a <see cref="HostileDevice"/> has done to the packets of one direction, in packets.</summary>
public record struct HostileDeviceStatistics
{
    /// <summary>All that came.</summary>
    public long Packets { get; set; }

    /// <summary>Those that were held back.</summary>
    public long Reordered { get; set; }

    /// <summary>Those that came twice.</summary>
    public long Duplicated { get; set; }

    /// <summary>Those that vanished.</summary>
    public long Lost { get; set; }

    /// <summary>Those with a flipped bit.</summary>
    public long Corrupted { get; set; }
}
