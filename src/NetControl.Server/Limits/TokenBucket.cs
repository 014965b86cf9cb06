namespace NetControl.Server.Limits;

/// <summary>So many calls a second on average, and so many at once after a quiet time.</summary>
/// <remarks>Not synchronised: its owner is.</remarks>
internal struct TokenBucket
{
    private double _level;
    private long _last;

    public TokenBucket(int burst, long now)
    {
        _level = burst;
        _last = now;
    }

    /// <summary>Takes one; otherwise says when there will be one.</summary>
    public bool TryTake(int perSecond, int burst, long now, TimeProvider time, out TimeSpan wait)
    {
        _level = Math.Min(burst, _level + (time.GetElapsedTime(_last, now).TotalSeconds * perSecond));
        _last = now;
        if (_level >= 1)
        {
            _level--;
            wait = TimeSpan.Zero;
            return true;
        }

        wait = TimeSpan.FromSeconds((1 - _level) / perSecond);
        return false;
    }

    /// <summary>Whether it is as full as it was at first.</summary>
    public readonly bool IsFull(int perSecond, int burst, long now, TimeProvider time) =>
        _level + (time.GetElapsedTime(_last, now).TotalSeconds * perSecond) >= burst;
}
