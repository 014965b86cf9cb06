using Microsoft.Extensions.Logging;

namespace NetControl.Engine.Sessions;

/// <summary>Carries session events from the loops' rings to the sink, on the thread pool: loops only ring the bell.</summary>
/// <remarks>Thread rule: one drain runs at a time; the sink is never called by two threads at once.</remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "without timers and wait handles these hold nothing to dispose of")]
internal sealed partial class EventPump
{
    private readonly EventRing[] _rings;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _bell = new(0);
    private readonly CancellationTokenSource _stop = new();
    private int _rung;
    private long _rounds;
    private Task _running = Task.CompletedTask;
    private TaskCompletionSource _roundDone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes a pump over the rings.</summary>
    public EventPump(EventRing[] rings, ILogger logger)
    {
        _rings = rings;
        _logger = logger;
        foreach (EventRing ring in rings)
        {
            ring.OnSignal(Ring);
        }
    }

    /// <summary>Begins to carry. Once.</summary>
    public void Start(ISessionEventSink sink)
    {
        if (!_running.IsCompleted)
        {
            throw new InvalidOperationException("the event sink is set once");
        }

        _running = RunAsync(sink);
        Ring();
    }

    /// <summary>Waits until what stands in the rings now has been carried.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        long[] targets = [.. _rings.Select(ring => ring.Position)];
        while (!_running.IsCompleted && _rings.Where((ring, i) => ring.ReadPosition < targets[i]).Any())
        {
            Task round = Volatile.Read(ref _roundDone).Task;
            Ring();
            await Task.WhenAny(round, _running).WaitAsync(cancellationToken); // after the last round there is no other
        }
    }

    /// <summary>Carries what is left and ends.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    private void Ring()
    {
        if (Interlocked.Exchange(ref _rung, 1) == 0)
        {
            _bell.Release();
        }
    }

    private async Task RunAsync(ISessionEventSink sink)
    {
        await Task.Yield();
        bool stopping = false;
        while (!stopping)
        {
            try
            {
                await _bell.WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                stopping = true;
            }

            Volatile.Write(ref _rung, 0);
            Interlocked.MemoryBarrier(); // the bell is open again before the rings are read: nothing slips between
            foreach (EventRing ring in _rings)
            {
                Drain(ring, sink);
            }

            _rounds++;
            Interlocked.Exchange(ref _roundDone, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    private void Drain(EventRing ring, ISessionEventSink sink)
    {
        try
        {
            ring.Drain(sink);
        }
        catch (Exception e)
        {
            LogSinkFailed(_logger, e); // the sink has had what it was given; the pump serves the events to come
        }
    }

    [LoggerMessage(30, LogLevel.Error, "the sink of session events failed; it may have missed some")]
    private static partial void LogSinkFailed(ILogger logger, Exception error);
}
