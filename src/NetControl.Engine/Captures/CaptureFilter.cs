using NetControl.Network;

namespace NetControl.Engine.Captures;

/// <summary>Chooses packets. Properties are joined by "and", the values of one by "or"; an empty one chooses all.</summary>
public sealed record CaptureFilter
{
    /// <summary>Every packet.</summary>
    public static readonly CaptureFilter All = new();

    /// <summary>Transport protocols.</summary>
    public CaptureProtocols Protocols { get; init; }

    /// <summary>Which way they go.</summary>
    public CaptureDirections Directions { get; init; }

    /// <summary>Networks of which the source or the destination is a member.</summary>
    public IReadOnlyList<IpPrefix> Networks { get; init; } = [];

    /// <summary>TCP or UDP ports of which the source or the destination is one. Later fragments have none and do not match.</summary>
    public IReadOnlyList<ushort> Ports { get; init; } = [];

    /// <summary>One session by its id.</summary>
    public ulong? Session { get; init; }

    /// <summary>Only packets that were dropped.</summary>
    public bool DroppedOnly { get; init; }

    /// <summary>Only packets that were dropped for one of these reasons.</summary>
    public IReadOnlyList<DropReason> DropReasons { get; init; } = [];
}
