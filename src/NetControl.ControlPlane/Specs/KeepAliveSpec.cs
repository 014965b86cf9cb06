using NetControl.Engine.Devices;

namespace NetControl.ControlPlane.Specs;

/// <summary>TCP's keep-alive as it was asked for; null or 0 is the default.</summary>
public sealed record KeepAliveSpec
{
    /// <summary>Never ask.</summary>
    public bool Disabled { get; init; }

    /// <summary>How long the application may be silent before it is asked.</summary>
    public TimeSpan? Idle { get; init; }

    /// <summary>How long a question waits for its answer before the next.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How many questions may stay unanswered.</summary>
    public long Probes { get; init; }

    /// <summary>With the defaults filled in, as the engine wants it.</summary>
    internal KeepAlive Resolve()
    {
        KeepAlive usual = new();
        return new KeepAlive
        {
            Idle = Disabled ? TimeSpan.Zero : Idle ?? usual.Idle,
            Interval = Interval ?? usual.Interval,
            Probes = Probes == 0 ? usual.Probes : (int)Probes,
        };
    }
}
