using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Health;

/// <summary>Carries out what the judges of delegates say: makes switches, sends probes, and tells of both.</summary>
/// <remarks>
/// Owner: one task looks at one delegate after the other, whenever a judge calls, a timer is due or the delegate was changed. A switch is a
/// change like any other, made by nobody; sessions that live keep what they have. A proxy that works and fails by turns may change its
/// condition with every few sessions: those who follow are told of the last one only, once in <see cref="TellInterval"/>.
/// </remarks>
internal sealed partial class FailoverKeeper : IDisposable
{
    private readonly Channel<string> _attention = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<string, ITimer> _timers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _notMade = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Told, bool Due)> _news = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Delegate, SwitchReason Reason), long> _counts = new();
    private readonly Mutator _mutator;
    private readonly Runtimes _runtimes;
    private readonly Func<ProxySpec, HealthProbeSpec, CancellationToken, Task<DialOutcome>> _probe;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;

    public FailoverKeeper(Mutator mutator, Runtimes runtimes, Func<ProxySpec, HealthProbeSpec, CancellationToken, Task<DialOutcome>> probe,
        TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        _mutator = mutator;
        _runtimes = runtimes;
        _probe = probe;
        _time = time;
        _logger = logger;
        _stopping = stopping;
        runtimes.OnAttention = Wake;
        Running = Task.Run(RunAsync, CancellationToken.None); // on no context of the maker's
    }

    /// <summary>How often at most it is told what is thought of a delegate's proxies.</summary>
    public static TimeSpan TellInterval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets each switch that is made.</summary>
    public Action<SystemMutation>? OnSwitched { get; set; }

    /// <summary>Done when the process stops.</summary>
    public Task Running { get; }

    /// <summary>How often each delegate left a proxy by itself, by reason; delegates that are gone included.</summary>
    public IReadOnlyList<(string Delegate, SwitchReason Reason, long Count)> Counts() =>
        [.. _counts.Select(pair => (pair.Key.Delegate, pair.Key.Reason, pair.Value))];

    public void Dispose() => _attention.Writer.TryComplete();

    private void Wake(string name) => _attention.Writer.TryWrite(name);

    private async Task RunAsync()
    {
        try
        {
            await foreach (string name in _attention.Reader.ReadAllAsync(_stopping))
            {
                try
                {
                    await LookAsync(name);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogFault(e, name);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
        finally
        {
            foreach (ITimer timer in _timers.Values)
            {
                await timer.DisposeAsync();
            }
        }
    }

    private async Task LookAsync(string name)
    {
        DelegateWay? way;
        lock (_runtimes.Gate)
        {
            way = _runtimes.Delegate(name);
        }

        if (way is null)
        {
            _news.Remove(name);
            if (_timers.Remove(name, out ITimer? timer))
            {
                await timer.DisposeAsync();
            }

            return;
        }

        SwitchDecision? decision = way.Judge.Look(out TimeSpan? next, out bool changed);
        next = Sooner(next, Tell(name, way.Judge, changed));
        if (decision is not null && !await SwitchAsync(name, decision))
        {
            next = Sooner(next, TimeSpan.FromSeconds(1));
        }

        foreach (string proxy in way.Judge.TakeProbes())
        {
            _ = ProbeAsync(way.Judge, proxy);
        }

        Arm(name, next);
    }

    /// <summary>Tells what is thought of the proxies, if that is news; returns how long that has to wait yet.</summary>
    private TimeSpan? Tell(string name, DelegateJudge judge, bool changed)
    {
        bool known = _news.TryGetValue(name, out (long Told, bool Due) news);
        if (!changed && !news.Due)
        {
            return null;
        }

        TimeSpan left = known ? TellInterval - _time.GetElapsedTime(news.Told) : TimeSpan.Zero;
        if (left > TimeSpan.Zero)
        {
            _news[name] = (news.Told, true);
            return left;
        }

        _news[name] = (_time.GetTimestamp(), false);
        _mutator.Note(name, static () => { });
        LogConditions(name, judge);
        return null;
    }

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b ?? a : a;

    private void Arm(string name, TimeSpan? next)
    {
        if (!_timers.TryGetValue(name, out ITimer? timer))
        {
            _timers.Add(name, timer = _time.CreateTimer(_ => Wake(name), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        }

        // Timers count whole milliseconds, and may come that much too early.
        TimeSpan due = next is { } wait ? TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)) : Timeout.InfiniteTimeSpan;
        timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Makes a switch, unless somebody changed the delegate meanwhile; false when it could not be made.</summary>
    private async Task<bool> SwitchAsync(string name, SwitchDecision decision)
    {
        FailoverEvent made = new(decision.From, decision.To, decision.Reason, decision.Why, _time.GetUtcNow());
        IReadOnlyList<ResourceChange> changes = [];
        try
        {
            await _mutator.RunAsync(
                MutationContext.Internal with { Urgent = true, OnChanged = all => changes = all },
                draft =>
                {
                    if (draft.State.Delegates.GetValueOrDefault(name) is { } record && record.Proxy == decision.From
                        && record.Proxies.Contains(decision.To, StringComparer.Ordinal))
                    {
                        draft.FailOver(name, made);
                    }
                },
                _ => made);
        }
        catch (ControlPlaneException e)
        {
            LogNotSwitched(name, decision.To, e.Message);
            if (!_mutator.ShuttingDown && _notMade.GetValueOrDefault(name) != decision.To)
            {
                _notMade[name] = decision.To; // told once: it is tried again until it can be made
                OnSwitched?.Invoke(new SystemMutation(
                    SystemCause.Failover, $"{name} cannot leave for {decision.To} yet: {decision.Why}", [], e));
            }

            return _mutator.ShuttingDown;
        }

        _notMade.Remove(name);

        if (changes.Count > 0)
        {
            _counts.AddOrUpdate((name, decision.Reason), 1, static (_, count) => count + 1);
            LogSwitched(name, decision.From, decision.To, decision.Reason, decision.Why);
            OnSwitched?.Invoke(new SystemMutation(SystemCause.Failover, decision.Why, changes));
        }

        return true;
    }

    private async Task ProbeAsync(DelegateJudge judge, string proxy)
    {
        DialOutcome? outcome = null;
        try
        {
            if (judge.Probe is { } probe && _mutator.State.Proxies.GetValueOrDefault(proxy) is { } record)
            {
                outcome = await _probe(record.Spec, probe, _stopping);
            }
        }
        catch (OperationCanceledException)
        {
            return; // the process ends
        }
        catch (Exception e)
        {
            LogProbeFault(e, proxy);
        }

        judge.Probed(proxy, outcome);
    }

    private void LogConditions(string name, DelegateJudge judge)
    {
        foreach (ProxyHealth health in judge.View())
        {
            LogCondition(name, health.Proxy, health.Condition, health.Reason);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} left {From} for {To} ({Reason}): {Why}")]
    private partial void LogSwitched(string name, string from, string to, SwitchReason reason, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Name} cannot leave for {To}, trying again: {Error}")]
    private partial void LogNotSwitched(string name, string to, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} thinks of {Proxy}: {Condition}, {Reason}")]
    private partial void LogCondition(string name, string proxy, ProxyCondition condition, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "cannot look after {Name}")]
    private partial void LogFault(Exception e, string name);

    [LoggerMessage(Level = LogLevel.Error, Message = "a probe of {Proxy} could not be made")]
    private partial void LogProbeFault(Exception e, string proxy);
}
