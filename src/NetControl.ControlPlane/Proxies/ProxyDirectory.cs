using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;
using NetControl.Transport.Dns;

namespace NetControl.ControlPlane.Proxies;

/// <summary>The verbs of proxies.</summary>
/// <remarks>Thread rule: any thread. When a verb throws, nothing has happened.</remarks>
public sealed partial class ProxyDirectory : ResourceDirectory<ProxyView>
{
    private readonly Runtimes _runtimes;
    private readonly ILogger _logger;

    internal ProxyDirectory(Mutator mutator, Runtimes runtimes, ILogger logger)
        : base(ProxyList.Schema, mutator, logger)
    {
        _runtimes = runtimes;
        _logger = logger;
    }

    /// <summary>Makes a proxy.</summary>
    public Task<ProxyView> CreateAsync(ProxyDraft draft, string prefix, MutationContext mutation)
    {
        ProxySpec spec = Validate(draft, prefix);
        return CreateAsync(draft.Name, mutation, next => next.Add(draft, spec), view => LogCreated(draft.Name, view.Config));
    }

    /// <summary>How long the dials of each proxy took.</summary>
    public IReadOnlyList<(string Proxy, DialHistogram Dials)> Dials() =>
        Mutator.Read<IReadOnlyList<(string, DialHistogram)>>(
            read => [.. read.State.Proxies.Keys.Select(name => (name, _runtimes.Proxy(name)!.Meter.Histogram))]);

    /// <summary>What the resolvers and caches in each proxy's chain do.</summary>
    public IReadOnlyList<(string Proxy, DnsMeter Dns)> DnsMeters() =>
        Mutator.Read<IReadOnlyList<(string, DnsMeter)>>(
            read => [.. read.State.Proxies.Keys.Select(name => (name, _runtimes.Proxy(name)!.Meter.Dns))]);

    /// <summary>Changes a proxy; whoever uses it uses the new settings for every session yet to be born.</summary>
    public Task<ProxyView> UpdateAsync(string name, ProxyPatch patch, string etag, MutationContext mutation) =>
        ChangeAsync(name, etag, mutation, next =>
        {
            ProxyDraft draft = Patched(next.State.Proxy(name).Draft, patch);
            next.Change(name, draft, Validate(draft, "proxy."));
        }, view => LogUpdated(name, view.Config));

    /// <summary>Removes a proxy; with force also one that is used, whose users then reject new sessions.</summary>
    public Task<Deleted> DeleteAsync(string name, string etag, bool force, MutationContext mutation) =>
        RemoveUnusedAsync(name, etag, force, mutation, users => $"is used by {users}; point them elsewhere");

    private protected override IEnumerable<ResourceRecord> Records(ControlState state) => state.Proxies.Values;

    private protected override ResourceRecord Find(ControlState state, string name) => state.Proxy(name);

    private static ProxyDraft Patched(ProxyDraft current, ProxyPatch patch) => new()
    {
        Name = current.Name,
        Config = patch.Config ?? current.Config,
        UdpIdleTimeout = patch.SetsUdpIdleTimeout ? patch.UdpIdleTimeout : current.UdpIdleTimeout,
    };

    private static ProxySpec Validate(ProxyDraft draft, string prefix) => ViolationList.Validated(draft.Name, violations =>
    {
        ProxySpec? spec = ProxyValidator.Validate(draft, prefix, FieldNaming.Proto, violations);
        ProxyValidator.CheckMachine(spec, prefix, violations);
        return spec;
    });

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name}: {Config}")]
    private partial void LogCreated(string name, string config);

    [LoggerMessage(Level = LogLevel.Information, Message = "updated {Name}: {Config}")]
    private partial void LogUpdated(string name, string config);
}
