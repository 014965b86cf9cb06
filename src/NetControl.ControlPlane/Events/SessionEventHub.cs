using NetControl.ControlPlane.Errors;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Events;

/// <summary>Numbers every event of a session, and every switch of a delegate between them; remembers the last ones, and feeds subscribers.</summary>
/// <remarks>
/// There is one log; a subscriber is a place in it, with a bound on how far behind it may be. Whoever falls behind that bound is moved
/// on, one event at a time, and each event that it would have got is counted as lost to it. So a stuck reader costs no memory, and next to no time.
/// Thread rule: the engine's pump and whoever changes a delegate write, the pool reads, all under one lock held for a bounded number of copies.
/// </remarks>
public sealed class SessionEventHub : ISessionEventSink
{
    /// <summary>How many events are remembered.</summary>
    public const int DefaultCapacity = 32_768;

    private readonly Lock _gate = new();
    private readonly EventLog _log;
    private readonly List<SessionSubscription> _subscribers = [];
    private readonly Action<bool> _wantUpdates;
    private long _sequence;
    private long _published;
    private long _lostByEngine;
    private long _lostBySlowReaders;
    private int _updateSubscribers;
    private bool _completed;

    /// <summary>Makes a hub.</summary>
    /// <param name="wantUpdates">Told whether any subscriber wants updates.</param>
    /// <param name="capacity">How many events are remembered.</param>
    public SessionEventHub(Action<bool> wantUpdates, int capacity = DefaultCapacity)
    {
        _wantUpdates = wantUpdates;
        _log = new EventLog(capacity);
    }

    /// <summary>This life of the process.</summary>
    public string Epoch { get; } = Guid.NewGuid().ToString("N");

    /// <summary>How many events are remembered.</summary>
    public int Capacity => _log.Capacity;

    /// <summary>The number of the last event.</summary>
    public long Sequence => Interlocked.Read(ref _sequence);

    /// <summary>The hub's own counters.</summary>
    public HubCounters ReadCounters()
    {
        lock (_gate)
        {
            return new HubCounters(_published, _lostByEngine, _lostBySlowReaders, _subscribers.Count);
        }
    }

    /// <inheritdoc/>
    public void OnEvents(ReadOnlySpan<SessionEvent> events)
    {
        lock (_gate)
        {
            foreach (ref readonly SessionEvent e in events)
            {
                MakeRoom();
                _log.Append(new EventLog.Entry(++_sequence, 0, e));
            }

            _published += events.Length;
            Wake();
        }
    }

    /// <summary>A delegate is about to send its new sessions elsewhere. Called before the first of them can be born, so none is told earlier.</summary>
    public void OnSwitch(DelegateSwitch made)
    {
        lock (_gate)
        {
            MakeRoom();
            _log.Append(new EventLog.Entry(++_sequence, 0, default, made));
            _published++;
            Wake();
        }
    }

    /// <inheritdoc/>
    public void OnLost(long count)
    {
        if (count <= 0)
        {
            return;
        }

        lock (_gate)
        {
            MakeRoom();
            _log.Append(new EventLog.Entry(_sequence + 1, count, default));
            _sequence += count;
            _lostByEngine += count;
            Wake();
        }
    }

    /// <summary>Says that no event will follow: subscribers read what there is, and then the end.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Wake();
        }
    }

    /// <summary>Begins a subscription after the last event.</summary>
    public SessionSubscription Subscribe(SubscriptionOptions options)
    {
        lock (_gate)
        {
            return Add(options, _log.Next, _sequence);
        }
    }

    /// <summary>Begins a subscription after an event that the subscriber saw before.</summary>
    /// <exception cref="ControlPlaneException">The events after it are no longer remembered, or it is of another epoch.</exception>
    public SessionSubscription Resume(SubscriptionOptions options, string epoch, long sequence)
    {
        lock (_gate)
        {
            long index = string.Equals(epoch, Epoch, StringComparison.Ordinal) && sequence >= 0 && sequence <= _sequence
                ? _log.After(sequence) : -1;
            if (index < 0)
            {
                long oldest = _log.Next == _log.Oldest ? _sequence + 1 : _log[_log.Oldest].First;
                throw new ControlPlaneException(
                    ControlPlaneError.ResumePointExpired,
                    $"events after {sequence} of epoch \"{epoch}\" are not remembered; the oldest is {oldest} of epoch \"{Epoch}\"; "
                        + $"begin again with a snapshot",
                    metadata: new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        ["epoch"] = Epoch,
                        ["oldest_sequence"] = $"{oldest}",
                        ["last_sequence"] = $"{_sequence}",
                    });
            }

            return Add(options, index, sequence);
        }
    }

    internal FeedResult Read(SessionSubscription subscription, List<SequencedEvent> events, int most, out LostRange lost)
    {
        events.Clear();
        lock (_gate)
        {
            if (subscription.TakeLoss(out lost))
            {
                return FeedResult.Lost;
            }

            // Entries that the filter hides count towards the bound too: the lock is never held for long.
            for (int scanned = 0; scanned < SessionSubscription.MostScanned && events.Count < most
                && subscription.Cursor < _log.Next; scanned++)
            {
                ref readonly EventLog.Entry entry = ref _log[subscription.Cursor];
                if (entry.Lost == 0)
                {
                    if (entry.First > subscription.Position && subscription.Wants(entry))
                    {
                        events.Add(new SequencedEvent(entry.First, entry.Event, entry.Switch));
                    }
                }
                else if (events.Count > 0)
                {
                    return FeedResult.Events; // In order: first what came before the loss.
                }
                else
                {
                    long from = Math.Max(entry.First, subscription.Position + 1);
                    lost = new LostRange(from, entry.Last, entry.Last - from + 1, ByEngine: true);
                    subscription.Advance(entry.Last);
                    return FeedResult.Lost;
                }

                subscription.Advance(entry.Last);
            }

            if (events.Count > 0)
            {
                return FeedResult.Events;
            }

            if (subscription.Cursor < _log.Next)
            {
                subscription.Signal(); // Only hidden events so far; come back for the rest.
                return FeedResult.Empty;
            }

            return _completed ? FeedResult.Completed : FeedResult.Empty;
        }
    }

    internal void Remove(SessionSubscription subscription)
    {
        lock (_gate)
        {
            if (_subscribers.Remove(subscription) && subscription.Options.Updates && --_updateSubscribers == 0)
            {
                _wantUpdates(false);
            }
        }
    }

    private SessionSubscription Add(SubscriptionOptions options, long cursor, long position)
    {
        int capacity = options.QueueCapacity <= 0 ? Capacity : Math.Min(options.QueueCapacity, Capacity);
        SessionSubscription subscription = new(this, options, capacity, cursor, position);
        _subscribers.Add(subscription);
        if (options.Updates && ++_updateSubscribers == 1)
        {
            _wantUpdates(true);
        }

        if (cursor < _log.Next || _completed)
        {
            subscription.Signal();
        }

        return subscription;
    }

    // Before an entry is appended, whoever is as far behind as it may be gives up its oldest one.
    private void MakeRoom()
    {
        foreach (SessionSubscription subscription in _subscribers)
        {
            while (_log.Next - subscription.Cursor >= subscription.Capacity)
            {
                ref readonly EventLog.Entry entry = ref _log[subscription.Cursor];
                _lostBySlowReaders += subscription.Lose(entry);
            }
        }
    }

    private void Wake()
    {
        foreach (SessionSubscription subscription in _subscribers)
        {
            subscription.Signal();
        }
    }
}
