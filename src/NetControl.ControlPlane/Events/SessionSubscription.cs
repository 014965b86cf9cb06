using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Events;

/// <summary>One subscriber's place in the log.</summary>
/// <remarks>
/// Owner: one reader. Its place is guarded by the hub's lock. <c>Position</c> is the last sequence number that it was given, or was told is
/// lost, or that its filter hid.
/// </remarks>
public sealed class SessionSubscription : IDisposable
{
    internal const int MostScanned = 2048;

    private readonly SessionEventHub _hub;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private LostRange? _loss;

    internal SessionSubscription(SessionEventHub hub, SubscriptionOptions options, int capacity, long cursor, long position)
    {
        _hub = hub;
        Options = options;
        Capacity = capacity;
        Cursor = cursor;
        Position = position;
    }

    /// <summary>What it wants.</summary>
    public SubscriptionOptions Options { get; }

    /// <summary>How many events it may be behind.</summary>
    public int Capacity { get; }

    /// <summary>The last sequence number that it has dealt with.</summary>
    public long Position { get; private set; }

    internal long Cursor { get; private set; }

    /// <summary>Waits until there may be something to read. False after the timeout.</summary>
    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) => _signal.WaitAsync(timeout, cancellationToken);

    /// <summary>Reads what is next: some events, or word of a loss.</summary>
    public FeedResult Read(List<SequencedEvent> events, int most, out LostRange lost) => _hub.Read(this, events, most, out lost);

    /// <summary>Ends the subscription.</summary>
    public void Dispose()
    {
        _hub.Remove(this);
        _signal.Dispose();
    }

    internal bool Wants(in EventLog.Entry entry) => entry.Switch is { } made
        ? Options.Switches && Options.Filter.Matches(made)
        : (entry.Event.Kind != SessionEventKind.Updated || Options.Updates) && Options.Filter.Matches(entry.Event.Info);

    internal void Signal()
    {
        if (_signal.CurrentCount == 0)
        {
            _signal.Release();
        }
    }

    internal void Advance(long last)
    {
        Position = last;
        Cursor++;
    }

    /// <summary>Gives up the oldest entry; returns how many events of it were wanted.</summary>
    internal long Lose(in EventLog.Entry entry)
    {
        long from = Math.Max(entry.First, Position + 1);
        long wanted = entry.Lost > 0 ? entry.Last - from + 1 : Wants(entry) ? 1 : 0;
        if (wanted > 0)
        {
            _loss = _loss is { } before ? before with { To = entry.Last, Count = before.Count + wanted }
                : new LostRange(from, entry.Last, wanted, ByEngine: false);
        }

        Advance(entry.Last);
        return wanted;
    }

    internal bool TakeLoss(out LostRange lost)
    {
        lost = _loss.GetValueOrDefault();
        bool any = _loss is not null;
        _loss = null;
        return any;
    }
}
