using NetControl.Engine.Sessions;

namespace NetControl.Engine.Tests;

/// <summary>Keeps all session events, and waits for some.</summary>
internal sealed class EventRecorder : ISessionEventSink
{
    private readonly List<SessionEvent> _events = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Lost { get; private set; }

    public void OnEvents(ReadOnlySpan<SessionEvent> events)
    {
        lock (_events)
        {
            _events.AddRange(events);
            Pulse();
        }
    }

    public void OnLost(long count)
    {
        lock (_events)
        {
            Lost += count;
            Pulse();
        }
    }

    public SessionEvent[] All()
    {
        lock (_events)
        {
            return [.. _events];
        }
    }

    /// <summary>The first event that fits, however long ago.</summary>
    public async Task<SessionInfo> ExpectAsync(SessionEventKind kind, Func<SessionInfo, bool>? fits = null)
    {
        using CancellationTokenSource patience = new(Testing.PeerHost.Patience);
        while (true)
        {
            Task changed;
            lock (_events)
            {
                int i = _events.FindIndex(e => e.Kind == kind && (fits is null || fits(e.Info)));
                if (i >= 0)
                {
                    return _events[i].Info;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(patience.Token);
        }
    }

    private void Pulse()
    {
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
