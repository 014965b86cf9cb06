using System.Numerics;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Health;

/// <summary>What is thought of one proxy, and what it took to think so.</summary>
/// <remarks>
/// UNKNOWN becomes HEALTHY by one success. UNKNOWN or HEALTHY becomes UNHEALTHY by too many failures. UNHEALTHY becomes HEALTHY by enough
/// successes in a row, once its back-off is over; one that nobody probes becomes UNKNOWN again then, for only traffic can show.
/// The proxy in use need not wait for its back-off: it is not come back to. Each time it fails the back-off doubles, until it did well for
/// as long as the longest. Pure; guarded by its <see cref="DelegateJudge"/>.
/// </remarks>
internal sealed class ProxyJudgement
{
    private const double Smoothing = 0.25;
    private ulong _window;
    private TimeSpan _healthySince;
    private TimeSpan _backOff;
    private int _level;
    private string _lastErrorStage = "";
    private string _lastError = "";
    private DateTimeOffset? _lastErrorTime;
    private DateTimeOffset? _lastOutcomeTime;

    public ProxyJudgement(string proxy, DateTimeOffset now)
    {
        Proxy = proxy;
        Since = now;
        Reason = "nothing has been heard of it yet";
    }

    public string Proxy { get; }

    public ProxyCondition Condition { get; private set; }

    public string Reason { get; private set; }

    public DateTimeOffset Since { get; private set; }

    public SwitchReason FailedBy { get; private set; }

    public TimeSpan RetryAt { get; private set; }

    public TimeSpan? Latency { get; private set; }

    public long Failures { get; private set; }

    public long Successes { get; private set; }

    /// <summary>When it is to be probed next.</summary>
    public TimeSpan NextProbe { get; set; }

    public bool Probing { get; set; }

    /// <summary>Takes one attempt in.</summary>
    public void Record(in DialOutcome outcome, FailoverSpec spec, TimeSpan now, DateTimeOffset wall)
    {
        _lastOutcomeTime = wall;
        _window = (_window << 1) | (outcome.Succeeded ? 0ul : 1ul);
        if (outcome.Succeeded)
        {
            Succeed(outcome, now, wall);
        }
        else
        {
            Fail(outcome, spec, now, wall);
        }
    }

    /// <summary>Lets time pass for a proxy that new sessions go to or not (<paramref name="inUse"/>), and that is tried out or not
    /// (<paramref name="probed"/>).</summary>
    public void Pass(FailoverSpec spec, TimeSpan now, DateTimeOffset wall, bool inUse, bool probed)
    {
        if (Condition != ProxyCondition.Unhealthy)
        {
            return;
        }

        bool waited = now >= RetryAt;
        if (Successes >= spec.Successes && (inUse || waited))
        {
            BecomeHealthy($"{Successes} attempts in a row succeeded", now, wall);
        }
        else if (waited && !probed)
        {
            Failures = 0;
            Become(ProxyCondition.Unknown, "it was left alone after its failures; the next session will show", wall);
        }
    }

    public ProxyHealth View(TimeSpan now, DateTimeOffset wall) => new()
    {
        Proxy = Proxy,
        Condition = Condition,
        Reason = Reason,
        Since = Since,
        LastErrorStage = _lastErrorStage,
        LastError = _lastError,
        LastErrorTime = _lastErrorTime,
        LastOutcomeTime = _lastOutcomeTime,
        Latency = Latency,
        ConsecutiveFailures = Failures,
        ConsecutiveSuccesses = Successes,
        RetryTime = Condition == ProxyCondition.Unhealthy && RetryAt > now ? wall + (RetryAt - now) : null,
    };

    private void Succeed(in DialOutcome outcome, TimeSpan now, DateTimeOffset wall)
    {
        Failures = 0;
        Successes++;
        if (outcome.Latency is { } latency)
        {
            Latency = Latency is { } known ? known + ((latency - known) * Smoothing) : latency;
        }

        if (Condition == ProxyCondition.Unknown)
        {
            BecomeHealthy("an attempt succeeded", now, wall);
        }
    }

    private void Fail(in DialOutcome outcome, FailoverSpec spec, TimeSpan now, DateTimeOffset wall)
    {
        Failures++;
        Successes = 0;
        (_lastErrorStage, _lastError, _lastErrorTime) = (outcome.Stage, outcome.Error, wall);
        if (Condition == ProxyCondition.Unhealthy)
        {
            RetryAt = now + _backOff; // never nearer than the last failure allows
            return;
        }

        int among = BitOperations.PopCount(_window & (ulong.MaxValue >> (64 - spec.Window)));
        if (Failures >= spec.Failures)
        {
            BecomeUnhealthy(SwitchReason.Failures,
                $"{Failures} attempts in a row failed, the last at {outcome.Stage}: {outcome.Error}", spec, now, wall);
        }
        else if (among >= spec.WindowFailures)
        {
            BecomeUnhealthy(SwitchReason.FailureRate,
                $"{among} of the last {spec.Window} attempts failed, the last at {outcome.Stage}: {outcome.Error}", spec, now, wall);
        }
    }

    private void BecomeHealthy(string reason, TimeSpan now, DateTimeOffset wall)
    {
        _window = 0;
        _healthySince = now;
        Become(ProxyCondition.Healthy, reason, wall);
    }

    private void BecomeUnhealthy(SwitchReason by, string reason, FailoverSpec spec, TimeSpan now, DateTimeOffset wall)
    {
        if (Condition == ProxyCondition.Healthy && now - _healthySince >= spec.MaxBackOff)
        {
            _level = 0;
        }

        TimeSpan doubled = spec.BackOff * Math.Pow(2, Math.Min(_level++, 30));
        _backOff = doubled < spec.MaxBackOff ? doubled : spec.MaxBackOff;
        RetryAt = now + _backOff;
        _window = 0;
        FailedBy = by;
        Become(ProxyCondition.Unhealthy, reason, wall);
    }

    private void Become(ProxyCondition condition, string reason, DateTimeOffset wall)
    {
        Condition = condition;
        Reason = reason;
        Since = wall;
    }
}
