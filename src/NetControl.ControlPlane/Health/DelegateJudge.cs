using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Health;

/// <summary>Judges the proxies of one delegate by what is heard of them, and says when to leave one for another.</summary>
/// <remarks>
/// Why it does not flap: what failed is not come back to before its back-off is over, which doubles each time; what works is not left for
/// something better before the hold-down is over. So the number of switches is bounded by time, however many attempts there are.
/// Thread rule: any thread, loops included: under the lock there are only a few comparisons.
/// </remarks>
internal sealed class DelegateJudge
{
    private const double ClearlyFaster = 0.8;
    private static readonly TimeSpan s_noticeable = TimeSpan.FromMilliseconds(1);
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private ProxyJudgement[] _proxies = [];
    private FailoverSpec _spec = FailoverSpec.Default;
    private string _current = "";
    private bool _pinned;
    private TimeSpan _lastSwitch;
    private bool _changed;

    public DelegateJudge(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
    }

    /// <summary>Called when there is something to look at, on any thread; must be quick.</summary>
    public Action? OnAttention { get; init; }

    /// <summary>What proxies are probed with; null is not at all.</summary>
    public HealthProbeSpec? Probe
    {
        get
        {
            lock (_gate)
            {
                return _spec.Probe;
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>Takes the delegate's settings; what is known of proxies that stay is kept.</summary>
    /// <param name="spec">How it judges.</param>
    /// <param name="proxies">What it chooses among, the most preferred first; the one in use may be missing, and then nothing is chosen.</param>
    /// <param name="current">The one in use.</param>
    /// <param name="pinned">Somebody chose it: only its failure makes it be left.</param>
    public void Update(FailoverSpec spec, IReadOnlyList<string> proxies, string current, bool pinned)
    {
        lock (_gate)
        {
            DateTimeOffset wall = _time.GetUtcNow();
            IEnumerable<string> all = current.Length == 0 || proxies.Contains(current, StringComparer.Ordinal) ? proxies : proxies.Append(current);
            _proxies = [.. all.Select(name => Find(name) ?? new ProxyJudgement(name, wall) { NextProbe = Now })];
            if (_current != current)
            {
                _lastSwitch = Now;
            }

            _spec = spec;
            _current = current;
            _pinned = pinned;
            Resting = !proxies.Contains(current, StringComparer.Ordinal);
        }
    }

    /// <summary>A proxy has new settings: what was known of it is about another.</summary>
    public void Forget(string proxy)
    {
        lock (_gate)
        {
            int at = Array.FindIndex(_proxies, judgement => judgement.Proxy == proxy);
            if (at >= 0)
            {
                _proxies[at] = new ProxyJudgement(proxy, _time.GetUtcNow()) { NextProbe = Now };
            }
        }
    }

    /// <summary>Takes one attempt in.</summary>
    public void Record(string proxy, in DialOutcome outcome)
    {
        bool attention;
        lock (_gate)
        {
            if (Find(proxy) is not { } judgement)
            {
                return;
            }

            ProxyCondition before = judgement.Condition;
            TimeSpan now = Now;
            DateTimeOffset wall = _time.GetUtcNow();
            judgement.Record(outcome, _spec, now, wall);
            judgement.Pass(_spec, now, wall, proxy == _current, IsProbed(judgement));
            _changed |= judgement.Condition != before;
            attention = judgement.Condition != before || outcome.Latency is not null;
        }

        if (attention)
        {
            OnAttention?.Invoke();
        }
    }

    /// <summary>Looks at everything.</summary>
    /// <param name="next">How long until time alone may change something; null when it cannot.</param>
    /// <param name="changed">Whether a proxy's condition changed since the last look.</param>
    /// <returns>The switch to make, or null.</returns>
    public SwitchDecision? Look(out TimeSpan? next, out bool changed)
    {
        lock (_gate)
        {
            TimeSpan now = Now;
            DateTimeOffset wall = _time.GetUtcNow();
            foreach (ProxyJudgement judgement in _proxies)
            {
                ProxyCondition before = judgement.Condition;
                judgement.Pass(_spec, now, wall, judgement.Proxy == _current, IsProbed(judgement));
                _changed |= judgement.Condition != before;
            }

            changed = _changed;
            _changed = false;
            next = NextLook(now);
            return Decide(now);
        }
    }

    /// <summary>Takes the proxies that are to be probed now; each has to come back by <see cref="Probed"/>.</summary>
    public IReadOnlyList<string> TakeProbes()
    {
        lock (_gate)
        {
            if (_spec.Probe is not { } probe)
            {
                return [];
            }

            TimeSpan now = Now;
            List<string> due = [];
            foreach (ProxyJudgement judgement in _proxies)
            {
                if (IsProbed(judgement) && !judgement.Probing && judgement.NextProbe <= now)
                {
                    judgement.Probing = true;
                    judgement.NextProbe = now + probe.Interval;
                    due.Add(judgement.Proxy);
                }
            }

            return due;
        }
    }

    /// <summary>A probe has come back; null when it said nothing.</summary>
    public void Probed(string proxy, DialOutcome? outcome)
    {
        lock (_gate)
        {
            if (Find(proxy) is { } judgement)
            {
                judgement.Probing = false;
            }
        }

        if (outcome is { } known)
        {
            Record(proxy, known);
        }

        OnAttention?.Invoke();
    }

    /// <summary>What is thought of each proxy, in the order of preference.</summary>
    public IReadOnlyList<ProxyHealth> View()
    {
        lock (_gate)
        {
            TimeSpan now = Now;
            DateTimeOffset wall = _time.GetUtcNow();
            return [.. _proxies.Select(judgement => judgement.View(now, wall))];
        }
    }

    private bool Resting { get; set; }

    private int Rank(string proxy) => Array.FindIndex(_proxies, judgement => judgement.Proxy == proxy);

    private ProxyJudgement? Find(string proxy) => Array.Find(_proxies, judgement => judgement.Proxy == proxy);

    // Standby is what ranks behind the one in use, and everything where nothing is chosen.
    private bool IsProbed(ProxyJudgement judgement) =>
        _spec.Probe is { } probe && (!probe.SkipStandby || judgement.Proxy == _current
            || (_spec.Mode != FailoverMode.Fixed && !Resting && Rank(judgement.Proxy) < Rank(_current)));

    private SwitchDecision? Decide(TimeSpan now)
    {
        if (_spec.Mode == FailoverMode.Fixed || Resting || Find(_current) is not { } current)
        {
            return null;
        }

        if (current.Condition == ProxyCondition.Unhealthy)
        {
            return Refuge() is { } refuge ? new SwitchDecision(_current, refuge.Proxy, current.FailedBy, $"{_current}: {current.Reason}") : null;
        }

        if (_pinned || now < _lastSwitch + _spec.HoldDown)
        {
            return null;
        }

        return _spec.Mode == FailoverMode.LowestLatency ? Faster(current) : Preferred();
    }

    // Where to go from one that does not work: what is known to work comes before what may.
    private ProxyJudgement? Refuge()
    {
        IEnumerable<ProxyJudgement> healthy = _proxies.Where(p => p.Condition == ProxyCondition.Healthy);
        return (_spec.Mode == FailoverMode.LowestLatency ? healthy.OrderBy(p => p.Latency ?? TimeSpan.MaxValue) : healthy).FirstOrDefault()
            ?? Array.Find(_proxies, p => p.Condition == ProxyCondition.Unknown);
    }

    private SwitchDecision? Preferred() =>
        _proxies.Take(Rank(_current)).FirstOrDefault(p =>
            p.Condition == ProxyCondition.Healthy || (p.Condition == ProxyCondition.Unknown && !IsProbed(p))) is { } better
            ? new SwitchDecision(_current, better.Proxy, SwitchReason.Recovered, $"{better.Proxy} is preferred: {better.Reason}")
            : null;

    private SwitchDecision? Faster(ProxyJudgement current)
    {
        ProxyJudgement? best = _proxies.Where(p => p.Condition == ProxyCondition.Healthy && p.Latency is not null && p.Successes >= _spec.Successes)
            .MinBy(p => p.Latency);
        return best is not null && current.Latency is { } slow && best.Latency is { } fast
            && fast < slow * ClearlyFaster && slow - fast > s_noticeable
            ? new SwitchDecision(_current, best.Proxy, SwitchReason.Faster,
                FormattableString.Invariant(
                    $"{best.Proxy} answers in {fast.TotalMilliseconds:0.#} ms, {_current} in {slow.TotalMilliseconds:0.#} ms"))
            : null;
    }

    private TimeSpan? NextLook(TimeSpan now)
    {
        TimeSpan? next = null;
        foreach (ProxyJudgement judgement in _proxies)
        {
            if (judgement.Condition == ProxyCondition.Unhealthy)
            {
                Consider(judgement.RetryAt);
            }

            if (IsProbed(judgement) && !judgement.Probing)
            {
                Consider(judgement.NextProbe);
            }
        }

        Consider(_lastSwitch + _spec.HoldDown);
        return next;

        void Consider(TimeSpan at)
        {
            TimeSpan left = at - now;
            if (left > TimeSpan.Zero && (next is null || left < next))
            {
                next = left;
            }
        }
    }
}
