using NetControl.Protocol.V1;

namespace NetControl.Cli.Top;

/// <summary>What <c>netctl top</c> knows: the live sessions as the event stream tells them, and their rates.</summary>
/// <remarks>Thread rule: guarded by its own lock; the stream writes, the screen reads.</remarks>
internal sealed class TopModel
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TopSession> _sessions = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _opened;
    private long _closed;

    /// <summary>Done once every session that lived at the start is known.</summary>
    public Task Whole => _whole.Task;

    /// <summary>Events that the server says are missing.</summary>
    public long Lost { get; private set; }

    public void Apply(StreamSessionEventsResponse message)
    {
        lock (_gate)
        {
            switch (message.MessageCase)
            {
                case StreamSessionEventsResponse.MessageOneofCase.Snapshot:
                    foreach (Session session in message.Snapshot.Sessions)
                    {
                        _sessions[session.Name] = new TopSession(session);
                    }

                    break;
                case StreamSessionEventsResponse.MessageOneofCase.SnapshotEnd:
                    _whole.TrySetResult();
                    break;
                case StreamSessionEventsResponse.MessageOneofCase.Events:
                    foreach (SessionEvent e in message.Events.Events)
                    {
                        Apply(e);
                    }

                    break;
                case StreamSessionEventsResponse.MessageOneofCase.Lost:
                    Lost += message.Lost.Count;
                    break;
            }
        }
    }

    /// <summary>Takes a sample: rates are what moved since the one before.</summary>
    public TopSample Sample(TimeSpan since)
    {
        lock (_gate)
        {
            double seconds = Math.Max(0.001, since.TotalSeconds);
            foreach (TopSession session in _sessions.Values)
            {
                session.Sample(seconds);
            }

            TopSample sample = new(_sessions.Values.ToArray(), _opened / seconds, _closed / seconds, Lost);
            (_opened, _closed) = (0, 0);
            return sample;
        }
    }

    private void Apply(SessionEvent e)
    {
        string name = e.Session.Name;
        if (e.Kind == SessionEvent.Types.Kind.Closed)
        {
            _closed++;
            _sessions.Remove(name);
            return;
        }

        _opened += e.Kind == SessionEvent.Types.Kind.Opened ? 1 : 0;
        if (_sessions.TryGetValue(name, out TopSession? known))
        {
            known.Session = e.Session;
        }
        else
        {
            _sessions[name] = new TopSession(e.Session);
        }
    }
}
