using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Delegates;

/// <summary>The verbs of delegates, the swap above all.</summary>
/// <remarks>Thread rule: any thread. A swap takes effect in one short step; sessions are drained or closed after it.</remarks>
public sealed partial class DelegateDirectory : ResourceDirectory<DelegateView>
{
    private static readonly TimeSpan s_longestDrain = TimeSpan.FromHours(24);
    private readonly Runtimes _runtimes;
    private readonly IEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly FailoverKeeper _keeper;
    private readonly SortedDictionary<(string Delegate, ExistingPolicy Existing), long> _swaps = [];

    internal DelegateDirectory(Mutator mutator, Runtimes runtimes, FailoverKeeper keeper, IEngine engine, TimeProvider time, ILogger logger,
        CancellationToken stopping)
        : base(DelegateList.Schema, mutator, logger)
    {
        _keeper = keeper;
        _runtimes = runtimes;
        _engine = engine;
        _time = time;
        _logger = logger;
        _stopping = stopping;
    }

    /// <summary>Gets each deadline of older sessions that is over. Set once, before anything is swapped.</summary>
    internal Action<SystemMutation>? OnDrained { get; set; }

    /// <summary>Makes a delegate.</summary>
    public Task<DelegateView> CreateAsync(DelegateDraft draft, string prefix, MutationContext mutation)
    {
        DelegateSpec spec = Validate(draft, prefix);
        return CreateAsync(draft.Name, mutation, next => next.Add(spec), view => LogCreated(draft.Name, view.Proxy));
    }

    /// <summary>Changes what a delegate chooses among, and how. Where it points stays, if it still may.</summary>
    public Task<DelegateView> UpdateAsync(string name, DelegatePatch patch, string etag, MutationContext mutation) =>
        ChangeAsync(name, etag, mutation, next =>
        {
            DelegateRecord record = next.State.Delegate(name);
            IReadOnlyList<string> proxies = patch.Proxies ?? record.Proxies;
            next.Change(Validate(
                new DelegateDraft(name, proxies.Count == 0 || proxies.Contains(record.Proxy, StringComparer.Ordinal) ? record.Proxy : "")
                {
                    Proxies = proxies,
                    Failover = patch.SetsFailover ? patch.Failover : record.Failover?.ToDraft(),
                },
                "delegate.",
                blocked: record.Proxy.Length == 0));
        }, view => LogUpdated(name, view.Proxies.Count));

    /// <summary>Removes a delegate; with force also one that devices are attached to, which are then detached.</summary>
    public Task<Deleted> DeleteAsync(string name, string etag, bool force, MutationContext mutation) =>
        RemoveUnusedAsync(name, etag, force, mutation, users => $"is used by {users}; detach them");

    /// <summary>Points a delegate at another proxy, and deals with the sessions of older generations.</summary>
    /// <remarks>What a repetition of the request is told after a restart are the counts of the moment of the swap.</remarks>
    public async Task<SwapResult> SwapAsync(SwapRequest request, MutationContext mutation)
    {
        Validate(request);
        string before = "";
        DelegateWay? draining = null;
        SwapResult result = await Mutator.RunAsync<SwapResult>(
            mutation,
            next =>
            {
                DelegateRecord record = next.State.Delegate(request.Name);
                record.CheckEtag(request.Etag);
                before = record.Proxy;
                next.Point(request.Name, request.Proxy);
            },
            (_, outlook) => Task.FromResult(Predict(request, outlook)),
            settled: () => draining = request.Existing == ExistingPolicy.Drain ? Hold(request.Name) : null);
        if (mutation.ValidateOnly)
        {
            return result;
        }

        Count(request);
        LogSwapped(request.Name, before, request.Proxy, result.Generation, request.Existing);
        return await SettleAsync(request, result, draining);
    }

    /// <summary>How often each delegate was swapped, by policy; delegates that are gone included.</summary>
    public IReadOnlyList<(string Delegate, ExistingPolicy Existing, long Count)> SwapCounts()
    {
        lock (_swaps)
        {
            return [.. _swaps.Select(pair => (pair.Key.Delegate, pair.Key.Existing, pair.Value))];
        }
    }

    /// <summary>How often each delegate left a proxy by itself, by reason; delegates that are gone included.</summary>
    public IReadOnlyList<(string Delegate, SwitchReason Reason, long Count)> FailoverCounts() => _keeper.Counts();

    private protected override IEnumerable<ResourceRecord> Records(ControlState state) => state.Delegates.Values;

    private protected override ResourceRecord Find(ControlState state, string name) => state.Delegate(name);

    // By uid: a delegate that was removed, and one that was made under its name since, have generations of their own.
    private static SessionSelector Older(DelegateView after) => (in SessionInfo session) =>
        session.Egress is { } egress && egress.Generation < after.Meta.Generation
        && string.Equals(egress.DelegateUid, after.Meta.Uid, StringComparison.Ordinal);

    private async Task<SwapResult> SettleAsync(SwapRequest request, SwapResult result, DelegateWay? draining)
    {
        SessionSelector older = Older(result.Delegate);
        switch (request.Existing)
        {
            case ExistingPolicy.Close:
                // The swap stands, whatever becomes of its caller: closing is not given up half way.
                try
                {
                    int closed = await _engine.CloseSessionsAsync(older, SessionCause.DelegateSwapped, CancellationToken.None);
                    return result with { Closed = closed };
                }
                catch (Exception e)
                {
                    LogNotClosed(e, request.Name);
                    return result with { Closed = 0 };
                }

            case ExistingPolicy.Drain when draining is not null:
                _ = DrainAsync(request.Name, draining, older, request.DrainTimeout.GetValueOrDefault());
                return result;
            default:
                return result;
        }
    }

    private static DelegateSpec Validate(DelegateDraft draft, string prefix, bool blocked = false) =>
        ViolationList.Validated(draft.Name,
            violations => DelegateValidator.Validate(draft, prefix, FieldNaming.Proto, violations, blocked));

    private static void Validate(SwapRequest request)
    {
        ViolationList violations = new();
        NameValidator.Check(request.Name, ResourceName.Delegates, "name", violations);
        NameValidator.Check(request.Proxy, ResourceName.Proxies, "proxy", violations);
        if (request.Existing == ExistingPolicy.Drain)
        {
            if (request.DrainTimeout is not { } timeout)
            {
                violations.AddText("drain_timeout", "is missing; with DRAIN write how long older sessions may go on, e.g. 30s", "REQUIRED");
            }
            else if (timeout <= TimeSpan.Zero || timeout > s_longestDrain)
            {
                violations.AddOutOfRange("drain_timeout", timeout, "write more than 0s, at most 86400s");
            }
        }
        else if (request.DrainTimeout is not null)
        {
            violations.AddText("drain_timeout", "is only for DRAIN; leave it out, or set existing to DRAIN", "NOT_APPLICABLE");
        }

        violations.ThrowIfAny(request.Name);
    }

    // Whoever lives on the delegate now is older than the swap.
    private static SwapResult Predict(SwapRequest request, Outlook outlook)
    {
        (DelegateView after, long count) = outlook.Read(read => (read.Delegate(request.Name), read.LiveSessions(request.Name)));
        long generation = after.Meta.Generation;
        return request.Existing switch
        {
            ExistingPolicy.Drain => new SwapResult(after with { Draining = true }, generation, 0, count, 0),
            ExistingPolicy.Close => new SwapResult(after, generation, 0, 0, count),
            _ => new SwapResult(after, generation, count, 0, 0),
        };
    }

    private void Count(SwapRequest request)
    {
        lock (_swaps)
        {
            (string, ExistingPolicy) key = (request.Name, request.Existing);
            _swaps[key] = _swaps.GetValueOrDefault(key) + 1;
        }
    }

    private DelegateWay? Hold(string name)
    {
        DelegateWay? way = null;
        Mutator.Note(name, () =>
        {
            way = _runtimes.Delegate(name);
            if (way is not null)
            {
                way.Draining++;
            }
        });
        return way;
    }

    private async Task DrainAsync(string name, DelegateWay way, SessionSelector older, TimeSpan timeout)
    {
        int closed = 0;
        ControlPlaneException? fault = null;
        try
        {
            await Task.Delay(timeout, _time, _stopping);
            closed = await _engine.CloseSessionsAsync(older, SessionCause.DelegateSwapped, _stopping);
            LogDrained(name, closed);
        }
        catch (OperationCanceledException)
        {
            return; // the process ends, and its sessions with it
        }
        catch (Exception e)
        {
            LogNotDrained(e, name);
            fault = new ControlPlaneException(
                ControlPlaneError.Internal, "the older sessions could not be closed; the server's log says why", name);
        }
        finally
        {
            IReadOnlyList<ResourceChange> changes = Mutator.Note(name, () => way.Draining--);
            if (!_stopping.IsCancellationRequested)
            {
                OnDrained?.Invoke(new SystemMutation(SystemCause.DrainDeadline,
                    $"{name}: the time of the sessions that were older than a swap is over; {closed} were closed", changes, fault));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Name}: its older sessions could not be closed at their deadline")]
    private partial void LogNotDrained(Exception e, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name}, pointing at {Proxy}")]
    private partial void LogCreated(string name, string proxy);

    [LoggerMessage(Level = LogLevel.Information, Message = "updated {Name}, choosing among {Proxies} proxies")]
    private partial void LogUpdated(string name, int proxies);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "swapped {Name} from {Before} to {After}: generation {Generation}, existing sessions: {Existing}")]
    private partial void LogSwapped(string name, string before, string after, long generation, ExistingPolicy existing);

    [LoggerMessage(Level = LogLevel.Information, Message = "drained {Name}: closed {Closed} sessions at the deadline")]
    private partial void LogDrained(string name, int closed);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Name} is swapped, but its older sessions could not be closed")]
    private partial void LogNotClosed(Exception e, string name);
}
