namespace NetControl.Server.Limits;

/// <summary>What each caller has left: calls, and open streams.</summary>
/// <remarks>Threads: any; one short lock. Callers that are quiet and hold nothing are forgotten, so strangers cannot fill it.</remarks>
internal sealed class CallerBudgets
{
    private const int SweepSize = 4096;

    private readonly CallLimits _limits;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Budget> _budgets = new(StringComparer.Ordinal);
    private int _watchers;
    private int _strangers;
    private int _sweepAt = SweepSize;

    public CallerBudgets(CallLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
    }

    /// <summary>Open streams of all callers that are known.</summary>
    public int Watchers => Volatile.Read(ref _watchers);

    /// <summary>Callers that are remembered.</summary>
    public int Callers
    {
        get
        {
            lock (_gate)
            {
                return _budgets.Count;
            }
        }
    }

    /// <summary>Counts a call; false with the time after which there is room again.</summary>
    public bool TryCall(string identity, out TimeSpan wait)
    {
        lock (_gate)
        {
            return Of(identity).Bucket.TryTake(_limits.CallsPerSecond, _limits.CallBurst, _time.GetTimestamp(), _time, out wait);
        }
    }

    /// <summary>Counts an open stream, until <see cref="Leave"/>. Strangers, who watch health, have a total of their own: they cannot take
    /// the others' places.</summary>
    public bool TryEnter(string identity, bool stranger = false)
    {
        lock (_gate)
        {
            Budget budget = Of(identity);
            ref int total = ref stranger ? ref _strangers : ref _watchers;
            if (budget.Watchers >= _limits.MaxWatchersPerCaller || total >= _limits.MaxWatchers)
            {
                return false;
            }

            budget.Watchers++;
            total++;
            return true;
        }
    }

    public void Leave(string identity, bool stranger = false)
    {
        lock (_gate)
        {
            _budgets[identity].Watchers--;
            ref int total = ref stranger ? ref _strangers : ref _watchers;
            total--;
        }
    }

    private Budget Of(string identity)
    {
        if (_budgets.TryGetValue(identity, out Budget? budget))
        {
            return budget;
        }

        if (_budgets.Count >= _sweepAt)
        {
            Sweep();
        }

        budget = new Budget { Bucket = new TokenBucket(_limits.CallBurst, _time.GetTimestamp()) };
        _budgets.Add(identity, budget);
        return budget;
    }

    private void Sweep()
    {
        long now = _time.GetTimestamp();
        foreach ((string identity, Budget budget) in _budgets)
        {
            if (budget.Watchers == 0 && budget.Bucket.IsFull(_limits.CallsPerSecond, _limits.CallBurst, now, _time))
            {
                _budgets.Remove(identity);
            }
        }

        // Twice what is left: a sweep is paid for by as many new callers.
        _sweepAt = Math.Max(SweepSize, 2 * _budgets.Count);
    }

    private sealed class Budget
    {
        public TokenBucket Bucket;
        public int Watchers;
    }
}
