namespace NetControl.Engine.Sessions;

/// <summary>A bounded ring of session events from one loop to one reader. A full ring counts and goes on: a loop waits for nobody.</summary>
/// <remarks>
/// Thread rule: the loop writes, one pump reads. Each side owns one index and publishes it with a volatile write; an entry is written
/// before the index that covers it. A loss is placed exactly: every entry says how many events had been lost before it.
/// </remarks>
internal sealed class EventRing
{
    private readonly SessionEvent[] _entries;
    private readonly long[] _lostBefore;
    private readonly int _mask;
    private long _written;
    private long _read;
    private long _lost;
    private long _lostTold;
    private long _signalled;
    private Action? _wake;

    /// <summary>Makes a ring.</summary>
    /// <param name="capacity">A power of two.</param>
    public EventRing(int capacity)
    {
        if (!System.Numerics.BitOperations.IsPow2(capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "the capacity must be a power of two");
        }

        _entries = new SessionEvent[capacity];
        _lostBefore = new long[capacity];
        _mask = capacity - 1;
    }

    /// <summary>Events lost for want of room; read from anywhere.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>How many events have been written or lost; read from anywhere.</summary>
    public long Position => Volatile.Read(ref _written);

    /// <summary>How many events have been read.</summary>
    public long ReadPosition => Volatile.Read(ref _read);

    /// <summary>Says who is woken when there is something to read. Once, before the loop starts.</summary>
    public void OnSignal(Action wake) => _wake = wake;

    /// <summary>Adds an event, or counts it as lost. The loop only.</summary>
    public void Add(SessionEventKind kind, in SessionInfo info)
    {
        if (_written - Volatile.Read(ref _read) > _mask)
        {
            Volatile.Write(ref _lost, _lost + 1);
            return;
        }

        int at = (int)_written & _mask;
        _entries[at] = new SessionEvent(kind, info);
        _lostBefore[at] = _lost;
        Volatile.Write(ref _written, _written + 1);
    }

    /// <summary>Wakes the reader if events were added since the last call. The loop only, once a turn.</summary>
    public void Signal()
    {
        if (_signalled != _written)
        {
            _signalled = _written;
            _wake?.Invoke();
        }
    }

    /// <summary>Hands what is there to the sink, losses in their place. The reader only.</summary>
    public void Drain(ISessionEventSink sink)
    {
        long end = Volatile.Read(ref _written);
        while (_read != end)
        {
            int at = (int)_read & _mask;
            TellLoss(sink, _lostBefore[at]);

            // As long a run as lies together and has no loss inside.
            int count = 1;
            int room = (int)Math.Min(end - _read, _entries.Length - at);
            while (count < room && _lostBefore[at + count] == _lostTold)
            {
                count++;
            }

            try
            {
                sink.OnEvents(_entries.AsSpan(at, count));
            }
            finally
            {
                Array.Clear(_entries, at, count);
                Volatile.Write(ref _read, _read + count);
            }
        }

        // What was lost behind the last event must not wait for the next one, which may never come. Read in this order: if no event was
        // written after the loss was read, all of it lies before the next one.
        long lost = Volatile.Read(ref _lost);
        if (Volatile.Read(ref _written) == end)
        {
            TellLoss(sink, lost);
        }
    }

    private void TellLoss(ISessionEventSink sink, long lost)
    {
        if (lost > _lostTold)
        {
            long count = lost - _lostTold;
            _lostTold = lost;
            sink.OnLost(count);
        }
    }
}
