using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Diagnosis;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Probes;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Sessions;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;

namespace NetControl.ControlPlane;

/// <summary>The control plane in one piece: the directories of resources over one registry, the event hub, and the engine
/// beneath.</summary>
/// <remarks>Lifetime: the engine is its maker's; dispose it after <see cref="ShutdownAsync"/>.</remarks>
public sealed class NetControlPlane : IDisposable
{
    private readonly ResourceRegistry _registry = new();
    private readonly IEngine _engine;
    private readonly SnapshotTaker _snapshots;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Builds the control plane over an engine and becomes its event sink.</summary>
    public NetControlPlane(PacketEngine engine, TimeProvider time, ILogger logger)
        : this(new PacketEngineAdapter(engine), time, logger)
    {
    }

    internal NetControlPlane(IEngine engine, TimeProvider time, ILogger logger, int eventCapacity = SessionEventHub.DefaultCapacity)
    {
        _engine = engine;
        Events = new SessionEventHub(want => engine.WantUpdates = want, eventCapacity);
        _snapshots = new SnapshotTaker(Events, engine);
        engine.SetEventSink(Events);
        DialerFactory dialers = new(engine);
        Proxies = new ProxyDirectory(_registry, dialers, time, logger);
        Delegates = new DelegateDirectory(_registry, engine, time, logger, _stopping.Token);
        Devices = new DeviceDirectory(_registry, engine, time, logger);
        Sessions = new SessionDirectory(_registry, engine);
        Diagnostics = new Diagnostics(engine, Devices, new ProxyProber(engine, dialers, time), FindProxy, FindUsedProxies);
        Requests = new IdempotencyCache(time);
        Time = time;
        StartTime = time.GetUtcNow();
    }

    /// <summary>Proxies.</summary>
    public ProxyDirectory Proxies { get; }

    /// <summary>Delegates.</summary>
    public DelegateDirectory Delegates { get; }

    /// <summary>Devices.</summary>
    public DeviceDirectory Devices { get; }

    /// <summary>Sessions.</summary>
    public SessionDirectory Sessions { get; }

    /// <summary>Captures, diagnoses and probes.</summary>
    public Diagnostics Diagnostics { get; }

    /// <summary>Session events.</summary>
    public SessionEventHub Events { get; }

    /// <summary>Answers by request id.</summary>
    public IdempotencyCache Requests { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>When the control plane was built.</summary>
    public DateTimeOffset StartTime { get; }

    /// <summary>How many loops the engine has.</summary>
    public int Loops => _engine.Loops;

    /// <summary>Whether the end has begun: mutations are refused.</summary>
    public bool ShuttingDown => _registry.ShuttingDown;

    /// <summary>Grows with every change of a resource.</summary>
    public long Revision => _registry.Revision;

    /// <summary>Reads the engine's counters.</summary>
    public EngineCounters ReadCounters() => _engine.ReadCounters();

    /// <summary>Gives the pools' free memory up; the garbage collector does the rest.</summary>
    public void TrimPools() => _engine.TrimPools();

    /// <summary>Waits until a resource changed since the revision was read.</summary>
    public Task WaitForChangeAsync(long seen, CancellationToken cancellationToken) => _registry.WaitForChangeAsync(seen, cancellationToken);

    /// <summary>Takes a snapshot of the live sessions, and a subscription to what follows.</summary>
    public Task<SessionSnapshot> TakeSnapshotAsync(SubscriptionOptions options, CancellationToken cancellationToken) =>
        _snapshots.TakeAsync(options, cancellationToken);

    /// <summary>Applies a whole document to an empty control plane: all of it, or nothing.</summary>
    public async Task ApplyAsync(DesiredState desired)
    {
        ViolationList violations = new();
        DesiredStateValidator.Validate(desired, violations);
        violations.ThrowIfAny("");
        try
        {
            foreach (ProxyDraft proxy in desired.Proxies)
            {
                Proxies.Create(proxy, "", validateOnly: false);
            }

            foreach (DelegateDraft draft in desired.Delegates)
            {
                Delegates.Create(draft, "", validateOnly: false);
            }

            foreach (DeviceDraft device in desired.Devices)
            {
                Devices.Create(device, "", validateOnly: false);
            }
        }
        catch
        {
            await Devices.CloseAllAsync();
            throw;
        }
    }

    /// <summary>Refuses mutations from now on. Reads and streams go on.</summary>
    public void BeginShutdown() => _registry.BeginShutdown();

    /// <summary>Ends everything: devices and their sessions, then the event stream once the last closing is in it.</summary>
    public async Task ShutdownAsync()
    {
        BeginShutdown();
        await _stopping.CancelAsync();
        try
        {
            await Devices.CloseAllAsync();
            await _engine.FlushEventsAsync(CancellationToken.None);
        }
        finally
        {
            Events.Complete();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private ProxySpec FindProxy(string name)
    {
        lock (_registry.Gate)
        {
            return _registry.Proxy(name).Spec;
        }
    }

    private IReadOnlyList<ProxySpec> FindUsedProxies()
    {
        lock (_registry.Gate)
        {
            return [.. _registry.Proxies.Values.Where(proxy => _registry.UsersOfProxy(proxy).Any()).Select(proxy => proxy.Spec)];
        }
    }
}
