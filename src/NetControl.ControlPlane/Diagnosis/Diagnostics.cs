using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Probes;
using NetControl.ControlPlane.Specs;
using NetControl.Engine;
using NetControl.Engine.Captures;
using NetControl.Engine.Diagnosis;
using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;
using NetControl.Transport.Probes;

namespace NetControl.ControlPlane.Diagnosis;

/// <summary>The verbs of diagnostics: they look, and change nothing.</summary>
/// <remarks>Thread rule: any thread.</remarks>
public sealed class Diagnostics
{
    private const string SystemResolvers = "/etc/resolv.conf";
    private static readonly TimeSpan s_resolveTime = TimeSpan.FromSeconds(3);
    private readonly IEngine _engine;
    private readonly DeviceDirectory _devices;
    private readonly ProxyProber _prober;
    private readonly Func<string, ProxySpec> _proxy;
    private readonly Func<IReadOnlyList<ProxySpec>> _usedProxies;

    /// <summary>Makes the verbs.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="devices">The devices, which must exist.</param>
    /// <param name="prober">Tries proxies out.</param>
    /// <param name="proxy">Finds a proxy's spec, secrets included, or throws that there is none.</param>
    /// <param name="usedProxies">The specs of the proxies that somebody uses.</param>
    internal Diagnostics(
        IEngine engine, DeviceDirectory devices, ProxyProber prober, Func<string, ProxySpec> proxy, Func<IReadOnlyList<ProxySpec>> usedProxies)
    {
        _engine = engine;
        _devices = devices;
        _prober = prober;
        _proxy = proxy;
        _usedProxies = usedProxies;
    }

    /// <summary>Starts to record a device's packets.</summary>
    public async Task<PacketCapture> CaptureAsync(string device, CaptureOptions options, CancellationToken cancellationToken)
    {
        _devices.Get(device);
        try
        {
            return await _engine.CaptureAsync(device, options, cancellationToken);
        }
        catch (EngineException e)
        {
            throw ControlPlaneException.From(e, device);
        }
    }

    /// <summary>Looks for what is wrong with the set-up around one device, or all.</summary>
    public async Task<DiagnosisReport> DiagnoseRoutingAsync(string? device, CancellationToken cancellationToken)
    {
        if (device is not null)
        {
            _devices.Get(device);
        }

        IReadOnlyList<ProxySpec> proxies = _usedProxies();
        (string Owner, HostPort Server)[] servers =
        [
            .. proxies.SelectMany(proxy => proxy.Chain.DirectServers.Select(server => (proxy.Name, server))),
        ];
        bool names = Array.Exists(servers, dialled => !dialled.Server.IsAddress);
        if (names || proxies.Any(proxy => proxy.Chain.Hops.Any(hop => hop is DnsSplitHop { Resolver: null, ResolvConfPath: null })))
        {
            servers = [.. servers, .. _engine.NameServers.Select(server => (SystemResolvers, new HostPort(server)))];
        }

        DiagnosisRequest request = new()
        {
            Device = device,
            Upstreams = await Task.WhenAll(servers
                .DistinctBy(dialled => (dialled.Owner, $"{dialled.Server.Host}{dialled.Server.Address.Address}"))
                .Select(dialled => ResolveAsync(dialled.Owner, dialled.Server, cancellationToken))),
            DirectInUse = proxies.Any(proxy => proxy.Chain.IsDirect),
        };
        return await Task.Run(() => _engine.DiagnoseRouting(request), cancellationToken);
    }

    /// <summary>Tries a configured proxy out.</summary>
    public async Task<ProbeReport> ProbeAsync(string proxy, ProbeRequest request, CancellationToken cancellationToken)
    {
        Chain chain = _proxy(proxy).Chain;
        return new ProbeReport(proxy, chain, await _prober.ProbeAsync(chain, request, cancellationToken));
    }

    /// <summary>Tries a chain out that is not configured.</summary>
    public async Task<ProbeReport> ProbeAsync(Chain chain, ProbeRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return new ProbeReport("", chain, await _prober.ProbeAsync(chain, request, cancellationToken));
    }

    private async Task<UpstreamHost> ResolveAsync(string proxy, HostPort server, CancellationToken cancellationToken)
    {
        if (server.IsAddress)
        {
            return new UpstreamHost(proxy, $"{server.Address.Address}", [server.Address.Address]);
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_resolveTime);
        try
        {
            return new UpstreamHost(proxy, server.Host!, await _engine.LookUpAsync(server.Host!, limit.Token));
        }
        catch (Exception e) when (e is DialException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new UpstreamHost(proxy, server.Host!, []);
        }
        finally
        {
            await Task.Yield(); // the search ends on a loop, and whoever awaits this must not work there
        }
    }
}
