using NetControl.Stack;

namespace NetControl.Engine.Loops;

/// <summary>A clock whose timers fire on the loop that created them; off the loops it is the system's.</summary>
/// <remarks>One instance serves all loops: which loop is meant is decided by the calling thread.</remarks>
internal sealed class LoopTimeProvider : TimeProvider
{
    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000;

    /// <inheritdoc/>
    public override long GetTimestamp() => (EventLoop.Current?.Now ?? LoopClock.Read()).Micros;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (EventLoop.Current is not { } loop)
        {
            return System.CreateTimer(callback, state, dueTime, period);
        }

        Timer timer = new(loop, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(EventLoop loop, TimerCallback callback, object? state) : LoopTimer, ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (!loop.InLoop)
            {
                PostChange(dueTime, period);
                return true;
            }

            _period = period;
            if (dueTime < TimeSpan.Zero)
            {
                loop.Timers.Cancel(this);
            }
            else
            {
                loop.Timers.Schedule(this, loop.Now + (long)dueTime.TotalMicroseconds);
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal override void OnDeadline(Instant now)
        {
            if (_period > TimeSpan.Zero)
            {
                loop.Timers.Schedule(this, now + (long)_period.TotalMicroseconds);
            }

            callback(state);
        }

        // A method of its own: the closure of a lambda is made where the method begins, and on the loop there shall be none.
        private void PostChange(TimeSpan dueTime, TimeSpan period) => loop.Post(_ => Change(dueTime, period), null);
    }
}
