namespace NetControl.Testing.Links;

/// <summary>What a <see cref="HostileDevice"/> does to the packets of one direction: each number is a probability from 0 to 1.</summary>
public sealed record HostileDeviceOptions
{
    /// <summary>A path that changes nothing.</summary>
    public static HostileDeviceOptions Clean { get; } = new();

    /// <summary>The same seed gives the same fates, packet by packet of a direction.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How many packets are held back until some of those behind them have passed.</summary>
    public double Reordering { get; init; }

    /// <summary>The most packets that overtake one that is held back.</summary>
    public int MaxOvertaking { get; init; } = 8;

    /// <summary>How long a packet is held back at most, where too few come behind it.</summary>
    public TimeSpan MaxHold { get; init; } = TimeSpan.FromMilliseconds(4);

    /// <summary>How many packets come twice.</summary>
    public double Duplication { get; init; }

    /// <summary>How many packets vanish.</summary>
    public double Loss { get; init; }

    /// <summary>How many packets arrive with one bit flipped, which no checksum of theirs overlooks.</summary>
    public double Corruption { get; init; }
}
