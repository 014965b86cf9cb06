namespace NetControl.Stack;

/// <summary>Allows so many things a second and a burst before that: the limit that RFC 1812 and RFC 4443 ask for.</summary>
/// <remarks>Owner: one thread. Starts full.</remarks>
public struct TokenBucket
{
    private const long MicrosPerSecond = 1_000_000;
    private readonly long _perSecond;
    private readonly long _capacity;
    private long _micros;
    private Instant _last;

    /// <summary>Makes a full bucket.</summary>
    /// <param name="perSecond">How many in the long run; 0 allows none.</param>
    /// <param name="burst">How many at once.</param>
    public TokenBucket(int perSecond, int burst)
    {
        _perSecond = perSecond;
        _capacity = perSecond > 0 ? burst * MicrosPerSecond : 0;
        _micros = _capacity;
    }

    /// <summary>Takes one, if there is one.</summary>
    public bool TryTake(Instant now)
    {
        // Counted in millionths of a token: one microsecond adds as many as tokens come in a second.
        long elapsed = now - _last;
        _last = now;
        _micros = elapsed >= _capacity ? _capacity : Math.Min(_capacity, _micros + (Math.Max(0, elapsed) * _perSecond));
        if (_micros < MicrosPerSecond)
        {
            return false;
        }

        _micros -= MicrosPerSecond;
        return true;
    }
}
