using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Delegates;

/// <summary>The verbs of delegates, the swap above all.</summary>
/// <remarks>Thread rule: any thread. A swap is committed in one short step; sessions are counted, drained or closed after it.</remarks>
public sealed partial class DelegateDirectory
{
    private static readonly TimeSpan s_longestDrain = TimeSpan.FromHours(24);
    private readonly ResourceRegistry _registry;
    private readonly IEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly SortedDictionary<(string Delegate, ExistingPolicy Existing), long> _swaps = [];

    internal DelegateDirectory(ResourceRegistry registry, IEngine engine, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        _registry = registry;
        _engine = engine;
        _time = time;
        _logger = logger;
        _stopping = stopping;
    }

    /// <summary>Makes a delegate.</summary>
    public DelegateView Create(DelegateDraft draft, string prefix, bool validateOnly)
    {
        ViolationList violations = new();
        NameValidator.Check(draft.Name, ResourceName.Delegates, prefix + "name", violations);
        NameValidator.Check(draft.Proxy, ResourceName.Proxies, prefix + "proxy", violations);
        violations.ThrowIfAny(draft.Name);
        lock (_registry.Gate)
        {
            _registry.EnsureRunning();
            if (_registry.Delegates.ContainsKey(draft.Name))
            {
                throw new ControlPlaneException(ControlPlaneError.AlreadyExists, $"\"{draft.Name}\" exists already", draft.Name);
            }

            DelegateState state = new(draft.Name, _registry.Proxy(draft.Proxy), _time.GetUtcNow());
            if (!validateOnly)
            {
                _registry.Delegates.Add(draft.Name, state);
                state.Commit(_registry.NextRevision());
                LogCreated(draft.Name, draft.Proxy);
            }

            return View(state);
        }
    }

    /// <summary>Reads one delegate.</summary>
    public DelegateView Get(string name)
    {
        lock (_registry.Gate)
        {
            return View(_registry.Delegate(name));
        }
    }

    /// <summary>Reads a page of delegates.</summary>
    public Page<DelegateView> List(int pageSize, string pageToken)
    {
        lock (_registry.Gate)
        {
            return Paging.ByName(ResourceName.Delegates, _registry.Delegates.Values, pageSize, pageToken, View);
        }
    }

    /// <summary>Reads all delegates.</summary>
    public IReadOnlyList<DelegateView> All()
    {
        lock (_registry.Gate)
        {
            return [.. _registry.Delegates.Values.Select(View)];
        }
    }

    /// <summary>Removes a delegate; with force also one that devices are attached to, which are then detached.</summary>
    public void Delete(string name, string etag, bool force, bool validateOnly)
    {
        lock (_registry.Gate)
        {
            _registry.EnsureRunning();
            DelegateState state = _registry.Delegate(name);
            ResourceRegistry.CheckEtag(state, etag);
            string users = string.Join(", ", _registry.UsersOfDelegate(name));
            if (users.Length > 0 && !force)
            {
                throw new ControlPlaneException(ControlPlaneError.ResourceInUse,
                    $"\"{name}\" is used by {users}; detach them, or set force", name);
            }

            if (validateOnly)
            {
                return;
            }

            _registry.Delegates.Remove(name);
            _registry.NextRevision();
            _registry.DetachEverywhere(name, _time.GetUtcNow());
            LogDeleted(name);
        }
    }

    /// <summary>Points a delegate at another proxy: 1. check, 2. commit, 3. deal with the sessions of older generations.</summary>
    public async Task<SwapResult> SwapAsync(SwapRequest request, CancellationToken cancellationToken)
    {
        Validate(request);
        (DelegateState state, DelegateView view, long generation) = Commit(request);
        SessionSelector older = (in SessionInfo session) =>
            session.Egress is { } egress && egress.Generation < generation
                && string.Equals(egress.DelegateName, request.Name, StringComparison.Ordinal);
        if (request.Existing == ExistingPolicy.Close && !request.ValidateOnly)
        {
            // The swap stands, whatever becomes of its caller: closing is not given up half way.
            int closed = await _engine.CloseSessionsAsync(older, SessionCause.DelegateSwapped, CancellationToken.None);
            return new SwapResult(view, generation, 0, 0, closed);
        }

        long count = (await _engine.ListSessionsAsync(older, cancellationToken)).Count;
        switch (request.Existing)
        {
            case ExistingPolicy.Drain:
                if (!request.ValidateOnly)
                {
                    _ = DrainAsync(state, older, request.DrainTimeout.GetValueOrDefault());
                }

                return new SwapResult(view, generation, 0, count, 0);
            case ExistingPolicy.Close:
                return new SwapResult(view, generation, 0, 0, count);
            default:
                return new SwapResult(view, generation, count, 0, 0);
        }
    }

    /// <summary>How often each delegate was swapped, by policy; delegates that are gone included.</summary>
    public IReadOnlyList<(string Delegate, ExistingPolicy Existing, long Count)> SwapCounts()
    {
        lock (_registry.Gate)
        {
            return [.. _swaps.Select(pair => (pair.Key.Delegate, pair.Key.Existing, pair.Value))];
        }
    }

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
                violations.Add("drain_timeout", $"{timeout.TotalSeconds:0.###}s", "is out of range", "write more than 0s, at most 86400s",
                    "OUT_OF_RANGE");
            }
        }
        else if (request.DrainTimeout is not null)
        {
            violations.AddText("drain_timeout", "is only for DRAIN; leave it out, or set existing to DRAIN", "NOT_APPLICABLE");
        }

        violations.ThrowIfAny(request.Name);
    }

    private (DelegateState State, DelegateView View, long Generation) Commit(SwapRequest request)
    {
        lock (_registry.Gate)
        {
            _registry.EnsureRunning();
            DelegateState state = _registry.Delegate(request.Name);
            ResourceRegistry.CheckEtag(state, request.Etag);
            ProxyState proxy = _registry.Proxy(request.Proxy);
            if (request.ValidateOnly)
            {
                return (state, View(state), state.Generation + 1);
            }

            string before = state.Proxy?.Name ?? "";
            state.Commit(_registry.NextRevision(), _time.GetUtcNow(), wish: true);
            state.Point(proxy);
            if (request.Existing == ExistingPolicy.Drain)
            {
                state.Draining++;
            }

            (string, ExistingPolicy) key = (request.Name, request.Existing);
            _swaps[key] = _swaps.GetValueOrDefault(key) + 1;
            LogSwapped(request.Name, before, request.Proxy, state.Generation, request.Existing);
            return (state, View(state), state.Generation);
        }
    }

    private async Task DrainAsync(DelegateState state, SessionSelector older, TimeSpan timeout)
    {
        try
        {
            await Task.Delay(timeout, _time, _stopping);
            int closed = await _engine.CloseSessionsAsync(older, SessionCause.DelegateSwapped, _stopping);
            LogDrained(state.Name, closed);
        }
        catch (OperationCanceledException)
        {
            // The process ends, and its sessions with it.
        }
        finally
        {
            lock (_registry.Gate)
            {
                state.Draining--;
                state.Commit(_registry.NextRevision(), _time.GetUtcNow(), wish: false);
            }
        }
    }

    private DelegateView View(DelegateState state) =>
        new(state.Meta, state.Proxy?.Name ?? "", state.Draining > 0, [.. _registry.UsersOfDelegate(state.Name)]);

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name}, pointing at {Proxy}")]
    private partial void LogCreated(string name, string proxy);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "swapped {Name} from {Before} to {After}: generation {Generation}, existing sessions: {Existing}")]
    private partial void LogSwapped(string name, string before, string after, long generation, ExistingPolicy existing);

    [LoggerMessage(Level = LogLevel.Information, Message = "drained {Name}: closed {Closed} sessions at the deadline")]
    private partial void LogDrained(string name, int closed);

    [LoggerMessage(Level = LogLevel.Information, Message = "deleted {Name}")]
    private partial void LogDeleted(string name);
}
