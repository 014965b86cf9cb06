using Grpc.Core;
using NetControl.Protocol.V1;

namespace NetControl.Testing.Daemon;

/// <summary>Follows the session events of a netcontrold and keeps the books: what lives, what was closed with which totals.</summary>
/// <remarks>
/// Throws nothing away: an event out of order, a session opened twice or closed without having been opened is a <see cref="Fault"/>.
/// Thread rule: the books are guarded by one lock, and read by <see cref="Read{T}"/>.
/// </remarks>
public sealed class SessionLedger : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly AsyncServerStreamingCall<StreamSessionEventsResponse> _call;
    private readonly Action<SessionEvent>? _observe;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, Session> _live = new(StringComparer.Ordinal);
    private readonly List<Session> _closed = [];
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reader;

    /// <summary>Subscribes.</summary>
    /// <param name="client">Whose events.</param>
    /// <param name="updates">Whether to ask for UPDATED events.</param>
    /// <param name="observe">Called with every event, on the reader's thread.</param>
    public SessionLedger(DaemonClient client, bool updates = false, Action<SessionEvent>? observe = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _observe = observe;
        _call = client.Sessions.StreamSessionEvents(
            new StreamSessionEventsRequest
            {
                Snapshot = true,
                Updates = updates,
                HeartbeatInterval = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)),
            },
            cancellationToken: _stop.Token);
        _reader = ReadAsync();
    }

    /// <summary>Ends when the snapshot is complete: from then on nothing is missed.</summary>
    public Task Started => _started.Task;

    /// <summary>Ends when the server has ended the stream.</summary>
    public Task Ended => _reader;

    /// <summary>The server's reason for ending the stream, once it has.</summary>
    public StreamEnd.Types.Reason EndReason { get; private set; }

    /// <summary>Sessions opened since the start, with those of the snapshot.</summary>
    public long Opened { get; private set; }

    /// <summary>Events that the server said were lost.</summary>
    public long Lost { get; private set; }

    /// <summary>The last sequence number heard of.</summary>
    public long Sequence { get; private set; }

    /// <summary>The first thing in the stream that cannot be, or null.</summary>
    public string? Fault { get; private set; }

    /// <summary>The sessions that live, by name, as the last event told. Inside <see cref="Read{T}"/> only.</summary>
    public IReadOnlyDictionary<string, Session> Live => _live;

    /// <summary>The sessions that ended, with their final totals. Inside <see cref="Read{T}"/> only.</summary>
    public IReadOnlyList<Session> Closed => _closed;

    /// <summary>Reads the books while nothing changes them.</summary>
    public T Read<T>(Func<SessionLedger, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        lock (_lock)
        {
            return read(this);
        }
    }

    /// <summary>Waits until the books say so.</summary>
    /// <exception cref="TimeoutException">They did not in time; the message tells what they say.</exception>
    public async Task WaitUntilAsync(Func<SessionLedger, bool> condition, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        using CancellationTokenSource deadline = new(limit ?? TimeSpan.FromSeconds(30));
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (condition(this))
                {
                    return;
                }

                moved = _moved.Task;
            }

            try
            {
                await moved.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"the events did not tell it in time: {Describe()}", e);
            }
        }
    }

    /// <summary>The books in one line.</summary>
    public string Describe() => Read(l =>
        $"opened {l.Opened}, closed {l._closed.Count}, live {l._live.Count}, lost {l.Lost}, sequence {l.Sequence}, fault: {l.Fault ?? "none"}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reader;
        _call.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (StreamSessionEventsResponse response in _call.ResponseStream.ReadAllAsync())
            {
                lock (_lock)
                {
                    Apply(response);
                    _moved.SetResult();
                    _moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled || _stop.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception e)
        {
            SetFault($"the stream broke: {e.Message}");
        }

        _started.TrySetResult();
    }

    private void Apply(StreamSessionEventsResponse response)
    {
        switch (response.MessageCase)
        {
            case StreamSessionEventsResponse.MessageOneofCase.Start:
                Sequence = response.Start.Sequence;
                break;
            case StreamSessionEventsResponse.MessageOneofCase.Snapshot:
                foreach (Session session in response.Snapshot.Sessions)
                {
                    Open(session);
                }

                break;
            case StreamSessionEventsResponse.MessageOneofCase.SnapshotEnd:
                Sequence = response.SnapshotEnd.Sequence;
                _started.TrySetResult();
                break;
            case StreamSessionEventsResponse.MessageOneofCase.Events:
                foreach (SessionEvent item in response.Events.Events)
                {
                    Apply(item);
                }

                break;
            case StreamSessionEventsResponse.MessageOneofCase.Heartbeat:
                Sequence = response.Heartbeat.Sequence;
                break;
            case StreamSessionEventsResponse.MessageOneofCase.Lost:
                Lost += response.Lost.Count;
                break;
            case StreamSessionEventsResponse.MessageOneofCase.End:
                Sequence = response.End.Sequence;
                EndReason = response.End.Reason;
                break;
            default:
                SetFault($"an unknown message: {response}");
                break;
        }
    }

    private void Apply(SessionEvent item)
    {
        if (item.Sequence <= Sequence)
        {
            SetFault($"event {item.Sequence} came after {Sequence}");
        }

        Sequence = item.Sequence;
        string name = item.Session.Name;
        switch (item.Kind)
        {
            case SessionEvent.Types.Kind.Opened:
                Open(item.Session);
                break;
            case SessionEvent.Types.Kind.Updated when _live.ContainsKey(name):
                _live[name] = item.Session;
                break;
            case SessionEvent.Types.Kind.Closed when _live.Remove(name):
                _closed.Add(item.Session);
                break;
            default:
                SetFault($"{item.Kind} of {name}, which does not live");
                break;
        }

        _observe?.Invoke(item);
    }

    private void Open(Session session)
    {
        Opened++;
        if (!_live.TryAdd(session.Name, session))
        {
            SetFault($"{session.Name} was opened twice");
        }
    }

    private void SetFault(string text) => Fault ??= text;
}
