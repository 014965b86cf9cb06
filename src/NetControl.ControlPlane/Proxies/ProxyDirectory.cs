using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Proxies;

/// <summary>The verbs of proxies.</summary>
/// <remarks>Thread rule: any thread. When a verb throws, nothing has happened.</remarks>
public sealed partial class ProxyDirectory
{
    private readonly Mutator _mutator;
    private readonly Runtimes _runtimes;
    private readonly ILogger _logger;

    internal ProxyDirectory(Mutator mutator, Runtimes runtimes, ILogger logger)
    {
        _mutator = mutator;
        _runtimes = runtimes;
        _logger = logger;
    }

    /// <summary>Makes a proxy.</summary>
    public async Task<ProxyView> CreateAsync(ProxyDraft draft, string prefix, MutationContext mutation)
    {
        ProxySpec spec = Validate(draft, prefix);
        ProxyView view = await _mutator.RunAsync(mutation, next => next.Add(draft, spec), read => read.Proxy(draft.Name));
        if (!mutation.ValidateOnly)
        {
            LogCreated(draft.Name, view.Config);
        }

        return view;
    }

    /// <summary>Reads one proxy.</summary>
    public ProxyView Get(string name) => _mutator.Read(read => read.Proxy(name));

    /// <summary>Reads a page of proxies.</summary>
    public Page<ProxyView> List(int pageSize, string pageToken) => _mutator.Read(read =>
        Paging.ByName(ResourceName.Proxies, read.State.Proxies.Values, pageSize, pageToken, read.View));

    /// <summary>How long the dials of each proxy took.</summary>
    public IReadOnlyList<(string Proxy, DialHistogram Dials)> Dials() =>
        _mutator.Read<IReadOnlyList<(string, DialHistogram)>>(
            read => [.. read.State.Proxies.Keys.Select(name => (name, _runtimes.Proxy(name)!.Meter.Histogram))]);

    /// <summary>Changes a proxy; whoever uses it uses the new settings for every session yet to be born.</summary>
    public async Task<ProxyView> UpdateAsync(string name, ProxyPatch patch, string etag, MutationContext mutation)
    {
        ProxyView view = await _mutator.RunAsync(mutation, next =>
        {
            ProxyRecord record = next.State.Proxy(name);
            StateDraft.CheckEtag(record, etag);
            ProxyDraft draft = Patched(record.Draft, patch);
            next.Change(name, draft, Validate(draft, "proxy."));
        }, read => read.Proxy(name));
        if (!mutation.ValidateOnly)
        {
            LogUpdated(name, view.Config);
        }

        return view;
    }

    /// <summary>Removes a proxy; with force also one that is used, whose users then reject new sessions.</summary>
    public async Task<Deleted> DeleteAsync(string name, string etag, bool force, MutationContext mutation)
    {
        Deleted deleted = await _mutator.RunAsync(mutation, next =>
        {
            StateDraft.CheckEtag(next.State.Proxy(name), etag);
            string users = string.Join(", ", next.State.UsersOfProxy(name));
            if (users.Length > 0 && !force)
            {
                throw new ControlPlaneException(ControlPlaneError.ResourceInUse,
                    $"\"{name}\" is used by {users}; point them elsewhere, or set force", name);
            }

            next.RemoveProxy(name);
        }, _ => Deleted.Answer);
        if (!mutation.ValidateOnly)
        {
            LogDeleted(name);
        }

        return deleted;
    }

    private static ProxyDraft Patched(ProxyDraft current, ProxyPatch patch) => new()
    {
        Name = current.Name,
        Config = patch.Config ?? current.Config,
        UdpIdleTimeout = patch.SetsUdpIdleTimeout ? patch.UdpIdleTimeout : current.UdpIdleTimeout,
    };

    private static ProxySpec Validate(ProxyDraft draft, string prefix)
    {
        ViolationList violations = new();
        ProxySpec? spec = ProxyValidator.Validate(draft, prefix, FieldNaming.Proto, violations);
        ProxyValidator.CheckMachine(spec, prefix, violations);
        violations.ThrowIfAny(draft.Name);
        return spec!;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name}: {Config}")]
    private partial void LogCreated(string name, string config);

    [LoggerMessage(Level = LogLevel.Information, Message = "updated {Name}: {Config}")]
    private partial void LogUpdated(string name, string config);

    [LoggerMessage(Level = LogLevel.Information, Message = "deleted {Name}")]
    private partial void LogDeleted(string name);
}
