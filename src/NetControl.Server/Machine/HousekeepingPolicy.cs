namespace NetControl.Server.Machine;

/// <summary>Decides when memory is worth giving back: at the start, and after a crowd has left and it has been quiet for a while.</summary>
internal sealed class HousekeepingPolicy
{
    private const long SmallestPeak = 1000;
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);
    private bool _fresh = true;
    private long _peak;
    private long _last = -1;
    private TimeSpan _since;

    /// <summary>Notes the number of live sessions; true when it is time to collect: once after the start, whose garbage would stay (at once
    /// while there is nobody yet to be held up), and once for each peak.</summary>
    public bool Observe(TimeSpan now, long live)
    {
        if (_fresh && live == 0)
        {
            _fresh = false;
            return true;
        }

        _peak = Math.Max(_peak, live);
        if (live != _last)
        {
            _last = live;
            _since = now;
            return false;
        }

        bool left = _peak >= SmallestPeak && live < _peak / 2;
        if ((!left && !_fresh) || now - _since < s_quiet)
        {
            return false;
        }

        _fresh = false;
        _peak = live;
        return true;
    }
}
