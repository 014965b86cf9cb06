using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Proxies;

/// <summary>The verbs of proxies.</summary>
/// <remarks>Thread rule: any thread. Each verb builds first and commits in one short step; when it throws, nothing has happened.</remarks>
public sealed partial class ProxyDirectory
{
    private readonly ResourceRegistry _registry;
    private readonly DialerFactory _dialers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal ProxyDirectory(ResourceRegistry registry, DialerFactory dialers, TimeProvider time, ILogger logger)
    {
        _registry = registry;
        _dialers = dialers;
        _time = time;
        _logger = logger;
    }

    /// <summary>Makes a proxy.</summary>
    public ProxyView Create(ProxyDraft draft, string prefix, bool validateOnly)
    {
        ProxySpec spec = Validate(draft, prefix);
        ProxyState state = new(spec, _dialers.Build(spec), _time.GetUtcNow());
        lock (_registry.Gate)
        {
            _registry.EnsureRunning();
            if (_registry.Proxies.ContainsKey(spec.Name))
            {
                throw new ControlPlaneException(ControlPlaneError.AlreadyExists, $"\"{spec.Name}\" exists already", spec.Name);
            }

            if (!validateOnly)
            {
                _registry.Proxies.Add(spec.Name, state);
                state.Commit(_registry.NextRevision());
                LogCreated(spec.Name, spec.Chain.Redacted);
            }

            return View(state);
        }
    }

    /// <summary>Reads one proxy.</summary>
    public ProxyView Get(string name)
    {
        lock (_registry.Gate)
        {
            return View(_registry.Proxy(name));
        }
    }

    /// <summary>Reads a page of proxies.</summary>
    public Page<ProxyView> List(int pageSize, string pageToken)
    {
        lock (_registry.Gate)
        {
            return Paging.ByName(ResourceName.Proxies, _registry.Proxies.Values, pageSize, pageToken, View);
        }
    }

    /// <summary>Changes a proxy; whoever uses it uses the new settings for every session yet to be born.</summary>
    public ProxyView Update(string name, ProxyPatch patch, string etag, bool validateOnly)
    {
        while (true)
        {
            ProxyState state;
            ProxySpec current;
            lock (_registry.Gate)
            {
                _registry.EnsureRunning();
                state = _registry.Proxy(name);
                ResourceRegistry.CheckEtag(state, etag);
                current = state.Spec;
            }

            ProxySpec spec = Validate(Patched(current, patch), current.Chain, patch);
            ProxyRuntime runtime = _dialers.Build(spec);
            lock (_registry.Gate)
            {
                // Somebody else changed it while this one was built: patch what is there now, so that no field of theirs is lost.
                if (!ReferenceEquals(state.Spec, current) || !_registry.Proxies.TryGetValue(name, out ProxyState? same) || same != state)
                {
                    continue;
                }

                if (!validateOnly)
                {
                    Commit(state, spec, runtime);
                }

                return View(state);
            }
        }
    }

    /// <summary>Removes a proxy; with force also one that is used, whose users then reject new sessions.</summary>
    public void Delete(string name, string etag, bool force, bool validateOnly)
    {
        lock (_registry.Gate)
        {
            _registry.EnsureRunning();
            ProxyState state = _registry.Proxy(name);
            ResourceRegistry.CheckEtag(state, etag);
            string users = string.Join(", ", _registry.UsersOfProxy(state));
            if (users.Length > 0 && !force)
            {
                throw new ControlPlaneException(ControlPlaneError.ResourceInUse,
                    $"\"{name}\" is used by {users}; point them elsewhere, or set force", name);
            }

            if (validateOnly)
            {
                return;
            }

            DateTimeOffset now = _time.GetUtcNow();
            _registry.Proxies.Remove(name);
            _registry.NextRevision();
            foreach (DelegateState user in _registry.Delegates.Values.Where(d => d.Proxy == state))
            {
                user.Commit(_registry.NextRevision(), now, wish: true);
                user.Point(null);
            }

            _registry.DetachEverywhere(name, now);
            LogDeleted(name);
        }
    }

    private void Commit(ProxyState state, ProxySpec spec, ProxyRuntime runtime)
    {
        DateTimeOffset now = _time.GetUtcNow();
        state.Replace(spec, runtime);
        state.Commit(_registry.NextRevision(), now, wish: true);
        foreach (DelegateState user in _registry.Delegates.Values.Where(d => d.Proxy == state))
        {
            user.Commit(_registry.NextRevision(), now, wish: true);
            user.Point(state);
        }

        LogUpdated(state.Name, spec.Chain.Redacted);
    }

    private static ProxyDraft Patched(ProxySpec current, ProxyPatch patch) => new()
    {
        Name = current.Name,
        Config = patch.Config ?? "",
        UdpIdleTimeout = patch.SetsUdpIdleTimeout ? patch.UdpIdleTimeout : current.UdpIdleTimeout,
    };

    private static ProxySpec Validate(ProxyDraft draft, Chain current, ProxyPatch patch)
    {
        ProxySpec spec = Validate(draft, "proxy.");
        return patch.Config is null ? spec with { Chain = current } : spec;
    }

    private static ProxySpec Validate(ProxyDraft draft, string prefix)
    {
        ViolationList violations = new();
        ProxySpec? spec = ProxyValidator.Validate(draft, prefix, FieldNaming.Proto, violations);
        violations.ThrowIfAny(draft.Name);
        return spec!;
    }

    private ProxyView View(ProxyState state) =>
        new(state.Meta, state.Spec.Chain.Redacted, state.Spec.UdpIdleTimeout, [.. _registry.UsersOfProxy(state)]);

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name}: {Config}")]
    private partial void LogCreated(string name, string config);

    [LoggerMessage(Level = LogLevel.Information, Message = "updated {Name}: {Config}")]
    private partial void LogUpdated(string name, string config);

    [LoggerMessage(Level = LogLevel.Information, Message = "deleted {Name}")]
    private partial void LogDeleted(string name);
}
