using Microsoft.Extensions.Logging;
using NetControl.Engine.Interop.Linux;
using NetControl.Stack;

namespace NetControl.Engine.Loops;

/// <summary>One dedicated thread that waits on epoll and owns everything on the way of its packets.</summary>
/// <remarks>
/// <para>Work enters by readiness of a registered descriptor, by a timer, or by <see cref="Post(Action{object?}, object?)"/>; nothing else
/// may touch what a loop owns. A turn has fixed phases, each bounded, so that no sender can hold it:</para>
/// <code>wait - clock - posted - readiness (ingress, upstream) - timers - egress - flush</code>
/// <para>An exception that reaches the loop ends the process: a loop that is half dead would be worse than a restart.</para>
/// </remarks>
internal sealed partial class EventLoop : IDisposable
{
    private const int EventsPerTurn = 256;
    private const int PostedPerTurn = 1024;

    [ThreadStatic]
    private static EventLoop? t_current;

    private readonly SafeFd _epoll;
    private readonly SafeFd _wake;
    private readonly EpollEventBuffer _events = new(EventsPerTurn);
    private readonly LoopHandlerTable _handlers = new();
    private readonly List<ILoopParticipant> _participants = [];
    private readonly Thread _thread;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _stopping;
    private long _turns;
    private long _busyMicros;

    /// <summary>Makes a loop; <see cref="Start"/> sets it going.</summary>
    public EventLoop(int index, ILogger logger)
    {
        Index = index;
        Name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"nc-loop-{index}");
        _logger = logger;
        _epoll = new SafeFd(Libc.EpollCreate());
        _wake = new SafeFd(Libc.EventFd());
        Now = LoopClock.Read();
        Timers = new TimerWheel(Now);
        Watch(_wake.Value, EpollEvents.In, new WakeHandler(this));
        _thread = new Thread(Run) { Name = Name, IsBackground = true };
    }

    /// <summary>The loop whose thread is calling, or null.</summary>
    public static EventLoop? Current => t_current;

    /// <summary>The loop's place among its siblings.</summary>
    public int Index { get; }

    /// <summary>The thread's name.</summary>
    public string Name { get; }

    /// <summary>The time, read once a turn.</summary>
    public Instant Now { get; private set; }

    /// <summary>The loop's timers.</summary>
    public TimerWheel Timers { get; }

    /// <summary>Whether the calling thread is this loop's.</summary>
    public bool InLoop => t_current == this;

    /// <summary>Turns so far. Read from anywhere.</summary>
    public long Turns => Volatile.Read(ref _turns);

    /// <summary>Microseconds spent outside of waiting. Read from anywhere.</summary>
    public long BusyMicros => Volatile.Read(ref _busyMicros);

    /// <summary>Starts the thread, without the caller's ambient context (it would be kept alive for the process's life).</summary>
    public void Start() => _thread.UnsafeStart();

    /// <summary>Adds a participant. On the loop, or before it starts.</summary>
    public void Add(ILoopParticipant participant) => _participants.Add(participant);

    /// <summary>Watches a descriptor until <see cref="Unwatch"/>. On the loop, or before it starts.</summary>
    /// <returns>A ticket for <see cref="Unwatch"/>, or -1 where the kernel refused (errno tells).</returns>
    public long Watch(int fd, EpollEvents events, ILoopHandler handler)
    {
        long ticket = _handlers.Add(handler);
        if (Libc.EpollCtl(_epoll.Value, EpollOperation.Add, fd, events, (ulong)ticket) == 0)
        {
            return ticket;
        }

        _handlers.Remove(ticket);
        return -1;
    }

    /// <summary>Stops watching. A descriptor about to be closed needs no system call: closing it leaves the epoll set.</summary>
    public void Unwatch(long ticket, int fd, bool closing)
    {
        _handlers.Remove(ticket);
        if (!closing)
        {
            Libc.EpollCtl(_epoll.Value, EpollOperation.Delete, fd, EpollEvents.None, 0);
        }
    }

    /// <summary>
    /// A turn without waiting, on the caller's thread and at a time that the caller says: for tests in virtual time, of a loop that is never
    /// started. What <see cref="Post"/> was given runs first.
    /// </summary>
    public void TurnAt(Instant now)
    {
        EventLoop? callers = t_current;
        t_current = this;
        try
        {
            Now = now;
            _again = RunPosted(PostedPerTurn);
            FinishTurn();
        }
        finally
        {
            t_current = callers;
        }
    }

    /// <summary>Asks the loop to end after the current turn.</summary>
    public Task StopAsync()
    {
        Post(static loop => ((EventLoop)loop!)._stopping = true, this);
        return _ended.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _wake.Dispose();
        _epoll.Dispose();
    }

    private void Run()
    {
        t_current = this;
        TimeSlice.Restore();
        try
        {
            while (!_stopping)
            {
                RunOnce();
            }

            End();
            _ended.TrySetResult();
        }
        catch (Exception e)
        {
            LogFatal(_logger, Name, e);
            Environment.FailFast($"{Name} cannot go on: {e}");
        }
    }

    private void RunOnce()
    {
        // 1. Wait, but only if nothing was left over and nothing was posted.
        int timeout = _again ? 0 : PrepareToWait(Timers.WaitMillis(Now));
        int count = Libc.EpollWait(_epoll.Value, _events, timeout);
        AfterWait();
        if (count < 0)
        {
            Errno error = Libc.LastErrno;
            if (error != Errno.EINTR)
            {
                throw new InvalidOperationException($"epoll_wait failed: {Libc.Describe(error)}");
            }
        }

        // 2. Clock: once a turn; everything in the turn happens "now".
        Now = LoopClock.Read();
        long started = Now.Micros;

        // 3. Posted work.
        _again = RunPosted(PostedPerTurn);

        // 4. Readiness: queues (ingress) and upstream sockets. A handler that was removed earlier in the same batch is not called.
        for (int i = 0; i < count; i++)
        {
            _handlers.Find((long)_events.Data(i))?.OnReady(_events.Events(i));
        }

        FinishTurn();
        Volatile.Write(ref _turns, _turns + 1);
        Volatile.Write(ref _busyMicros, _busyMicros + (LoopClock.Read().Micros - started));
    }

    private void FinishTurn()
    {
        // 5. Timers.
        Timers.Advance(Now);

        // 6. Egress: each dirty flow once, so that one acknowledgement answers the whole batch. 7. Flush.
        foreach (ILoopParticipant participant in _participants)
        {
            _again |= participant.Egress();
            participant.Flush();
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "{Loop} met an error that it cannot survive")]
    private static partial void LogFatal(ILogger logger, string loop, Exception error);

    private sealed class WakeHandler(EventLoop loop) : ILoopHandler
    {
        public void OnReady(EpollEvents events) => Libc.EventFdReset(loop._wake.Value);
    }
}
