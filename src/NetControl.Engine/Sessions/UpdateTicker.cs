namespace NetControl.Engine.Sessions;

/// <summary>Once a second, while somebody wants updates, asks the loops to report the sessions that moved.</summary>
internal sealed class UpdateTicker : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private readonly PacketEngine _engine;
    private readonly Timer _timer;
    private volatile bool _enabled;

    /// <summary>Makes a ticker that does not tick yet.</summary>
    public UpdateTicker(PacketEngine engine)
    {
        _engine = engine;
        _timer = new Timer(static ticker => ((UpdateTicker)ticker!)._engine.ReportMoved(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Whether it ticks.</summary>
    public bool Enabled
    {
        get => _enabled;
        set
        {
            _enabled = value;
            _timer.Change(value ? s_period : Timeout.InfiniteTimeSpan, value ? s_period : Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
