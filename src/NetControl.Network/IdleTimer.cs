namespace NetControl.Network;

/// <summary>Tells when nothing was touched for a while.</summary>
/// <remarks>
/// Touching stores a timestamp and leaves the timer alone; when it fires, it re-arms itself for whatever remains. The owner stops
/// it at its end. Timers fire where the provider lets them, on a loop's thread for a loop's provider.
/// </remarks>
internal sealed class IdleTimer
{
    // The platform's timers take at most 2^32 - 2 milliseconds; a longer wait is slept in pieces.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(30);

    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _timeout;
    private readonly TimerCallback _onIdle;
    private readonly object _owner;
    private readonly ITimer _timer;
    private long _touched;

    /// <summary>Makes a timer that has yet to be started; the time until then counts.</summary>
    /// <param name="timeProvider">The clock and the timers.</param>
    /// <param name="timeout">How long is too long.</param>
    /// <param name="onIdle">Called with the owner.</param>
    /// <param name="owner">Who is told.</param>
    public IdleTimer(TimeProvider timeProvider, TimeSpan timeout, TimerCallback onIdle, object owner)
    {
        _timeProvider = timeProvider;
        _timeout = timeout;
        _onIdle = onIdle;
        _owner = owner;
        _touched = timeProvider.GetTimestamp();
        _timer = timeProvider.CreateTimer(
            static timer => ((IdleTimer)timer!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the time is up by now.</summary>
    public bool IsIdle => Remaining <= TimeSpan.Zero;

    private TimeSpan Remaining => _timeout - _timeProvider.GetElapsedTime(Volatile.Read(ref _touched));

    /// <summary>Starts waiting.</summary>
    public void Start() => Arm(Remaining);

    /// <summary>Begins the waiting anew.</summary>
    public void Touch() => Volatile.Write(ref _touched, _timeProvider.GetTimestamp());

    /// <summary>Ends the waiting for good.</summary>
    public void Stop() => _timer.Dispose();

    private void OnTimer()
    {
        TimeSpan remaining = Remaining;
        if (remaining <= TimeSpan.Zero)
        {
            _onIdle(_owner);
            return;
        }

        Arm(remaining);
    }

    private void Arm(TimeSpan due)
    {
        // Timers count whole milliseconds and cut the rest off; rounding up keeps the last millisecond from becoming a spin.
        double milliseconds = Math.Ceiling(Math.Min(due.Ticks, LongestSleep.Ticks) / (double)TimeSpan.TicksPerMillisecond);

        // False once the timer is disposed of; an end that comes in between disposes of it after this.
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }
}
