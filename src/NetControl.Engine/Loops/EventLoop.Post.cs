using System.Collections.Concurrent;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Loops;

/// <content>The door for other threads.</content>
internal sealed partial class EventLoop
{
    private readonly ConcurrentQueue<(Action<object?> Action, object? State)> _posted = new();
    private readonly Lock _leftOver = new();
    private volatile bool _over;
    private bool _again;

    // 1 while the loop is (about to be) waiting: only then does a poster pay for a system call.
    private int _waiting;

    /// <summary>Runs an action on the loop, in order with others posted by the same thread. Any thread; never waits.</summary>
    /// <remarks>
    /// Once the loop has ended its posters run what they post, one at a time and as if on the loop: whoever awaits a result learns at once
    /// that sockets and devices are closed, instead of never.
    /// </remarks>
    public void Post(Action<object?> action, object? state)
    {
        _posted.Enqueue((action, state));

        // The exchange is a full fence: either the loop sees the entry before it sleeps, or we see that it sleeps. See PrepareToWait.
        if (Interlocked.Exchange(ref _waiting, 0) == 1)
        {
            Libc.EventFdSignal(_wake.Value);
        }
        else if (_over)
        {
            RunLeftOver();
        }
    }

    /// <summary>Awaited, brings an async method (back) onto the loop: after any await that the loop did not complete itself.</summary>
    public LoopAwaitable Resume() => new(this);

    /// <summary>Runs a function on the loop and gives its result to whoever awaits, on the thread pool.</summary>
    public Task<T> InvokeAsync<T>(Func<T> function)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(
            _ =>
            {
                try
                {
                    done.SetResult(function());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            },
            null);
        return done.Task;
    }

    /// <summary>From now on nobody waits for this thread; what was posted too late for its last turn is done here.</summary>
    private void End()
    {
        t_current = null;
        _over = true;

        // Against the exchange in Post: either the poster sees that it is over, or we see its entry.
        Interlocked.MemoryBarrier();
        RunLeftOver();
    }

    private void RunLeftOver()
    {
        if (InLoop)
        {
            return; // posted by what is being run: the outermost goes on until nothing is left
        }

        lock (_leftOver)
        {
            EventLoop? callers = t_current;
            t_current = this;
            try
            {
                while (_posted.TryDequeue(out (Action<object?> Action, object? State) work))
                {
                    work.Action(work.State);
                }
            }
            finally
            {
                t_current = callers;
            }
        }
    }

    private int PrepareToWait(int timeout)
    {
        Interlocked.Exchange(ref _waiting, 1);
        return _posted.IsEmpty ? timeout : 0;
    }

    private void AfterWait() => Volatile.Write(ref _waiting, 0);

    /// <summary>Runs what was posted, up to a budget. Returns whether some is left.</summary>
    private bool RunPosted(int budget)
    {
        while (budget-- > 0 && _posted.TryDequeue(out (Action<object?> Action, object? State) work))
        {
            work.Action(work.State);
        }

        return !_posted.IsEmpty;
    }
}
