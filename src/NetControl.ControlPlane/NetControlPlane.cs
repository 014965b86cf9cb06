using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Diagnosis;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Probes;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Sessions;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Storage;
using NetControl.Engine;
using NetControl.Transport.Dns;

namespace NetControl.ControlPlane;

/// <summary>The control plane in one piece: the directories of resources over one chain of transactions, the event hub, and the engine
/// beneath.</summary>
/// <remarks>Lifetime: the engine and the store are their maker's; dispose them after <see cref="ShutdownAsync"/>.</remarks>
public sealed class NetControlPlane : IDisposable
{
    private const int RememberedChanges = 4096;
    private readonly Runtimes _runtimes;
    private readonly Mutator _mutator;
    private readonly Restorer _restorer;
    private readonly FailoverKeeper _keeper;
    private readonly IEngine _engine;
    private readonly IStateStore _store;
    private readonly ILogger _logger;
    private readonly SnapshotTaker _snapshots;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Builds the control plane over an engine and becomes its event sink.</summary>
    public NetControlPlane(PacketEngine engine, IStateStore store, TimeProvider time, ILogger logger)
        : this(new PacketEngineAdapter(engine), store, time, logger)
    {
    }

    internal NetControlPlane(IEngine engine, IStateStore store, TimeProvider time, ILogger logger,
        int eventCapacity = SessionEventHub.DefaultCapacity)
    {
        _engine = engine;
        _store = store;
        _logger = logger;
        Events = new SessionEventHub(want => engine.WantUpdates = want, eventCapacity);
        _snapshots = new SnapshotTaker(Events, engine);
        engine.SetEventSink(Events);
        DialerFactory dialers = new(engine);
        ProxyProber prober = new(dialers, time);
        _runtimes = new Runtimes(time) { OnSwitch = Events.OnSwitch };
        ChangePreparer preparer = new(dialers, engine, _runtimes);
        Changes = new ChangeLog(RememberedChanges);
        _mutator = new Mutator(store, preparer, _runtimes, Changes, time, logger);
        _restorer = new Restorer(_mutator, _runtimes, dialers, engine, time, logger, _stopping.Token);
        _keeper = new FailoverKeeper(_mutator, _runtimes, prober.TryAsync, time, logger, _stopping.Token);
        Proxies = new ProxyDirectory(_mutator, _runtimes, logger);
        Delegates = new DelegateDirectory(_mutator, _runtimes, _keeper, engine, time, logger, _stopping.Token);
        Policies = new PolicyDirectory(_mutator, _runtimes, logger);
        Devices = new DeviceDirectory(_mutator, _runtimes, engine, time, logger, _stopping.Token);
        Configuration = new ConfigurationDirectory(_mutator, engine, time, logger);
        _restorer.OnReopened = Configuration.OnTakenBack = _keeper.OnSwitched = Delegates.OnDrained = Devices.OnDrained =
            mutation => OnSystemMutation?.Invoke(mutation);
        Sessions = new SessionDirectory(_mutator, engine);
        Diagnostics = new Diagnostics(engine, Devices, prober, FindProxy, FindUsedProxies);
        Requests = new IdempotencyCache(time);
        Time = time;
        StartTime = time.GetUtcNow();
    }

    /// <summary>Gets every change that the control plane makes by itself. Set before <see cref="Restore"/>; called on any thread, must be
    /// quick and must not throw.</summary>
    public Action<SystemMutation>? OnSystemMutation { get; set; }

    /// <summary>Proxies.</summary>
    public ProxyDirectory Proxies { get; }

    /// <summary>Delegates.</summary>
    public DelegateDirectory Delegates { get; }

    /// <summary>Policies.</summary>
    public PolicyDirectory Policies { get; }

    /// <summary>Devices.</summary>
    public DeviceDirectory Devices { get; }

    /// <summary>The configuration as a whole.</summary>
    public ConfigurationDirectory Configuration { get; }

    /// <summary>Sessions.</summary>
    public SessionDirectory Sessions { get; }

    /// <summary>Captures, diagnoses and probes.</summary>
    public Diagnostics Diagnostics { get; }

    /// <summary>Session events.</summary>
    public SessionEventHub Events { get; }

    /// <summary>Changes of resources.</summary>
    public ChangeLog Changes { get; }

    /// <summary>What becomes of the queries for the host names of proxies.</summary>
    public DnsMeter Names => _engine.Names;

    /// <summary>Answers by request id.</summary>
    public IdempotencyCache Requests { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>When the control plane was built.</summary>
    public DateTimeOffset StartTime { get; }

    /// <summary>What the engine was built with: its loops, the limits of the process.</summary>
    public EngineOptions EngineOptions => _engine.Options;

    /// <summary>Cancelled when the end has begun.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Whether the end has begun: mutations are refused.</summary>
    public bool ShuttingDown => _mutator.ShuttingDown;

    /// <summary>Reads the engine's counters.</summary>
    public EngineCounters ReadCounters() => _engine.ReadCounters();

    /// <summary>Gives the pools' free memory up; the garbage collector does the rest.</summary>
    public void TrimPools() => _engine.TrimPools();

    /// <summary>Takes a snapshot of the live sessions, and a subscription to what follows.</summary>
    public Task<SessionSnapshot> TakeSnapshotAsync(SubscriptionOptions options, CancellationToken cancellationToken) =>
        _snapshots.TakeAsync(options, cancellationToken);

    /// <summary>Makes true again what the store holds, and removes first what a killed process left in the kernel and nobody wants any
    /// more. Call once, before anything else is asked of the control plane.</summary>
    /// <param name="expected">What will be asked for next, such as the configuration file: what was left for it is kept.</param>
    /// <exception cref="StorageException">The store cannot be read, or holds what this version does not understand.</exception>
    public void Restore(DesiredState? expected = null)
    {
        StoredState stored = _store.Load();
        _restorer.Restore(RecordCodec.Read(stored), expected ?? new DesiredState());
        Requests.Restore(stored.Answers);
        Configuration.Restore(stored.Notes);
    }

    /// <summary>Refuses mutations from now on. Reads and streams go on.</summary>
    public void BeginShutdown() => _mutator.BeginShutdown();

    /// <summary>Rejects new sessions from now on, and waits until the others have ended, or are quiet and of UDP, which has no end.</summary>
    /// <param name="timeout">How long at most; what lives then is ended with cause DRAINED.</param>
    public async Task DrainAsync(TimeSpan timeout)
    {
        BeginShutdown();
        if (timeout > TimeSpan.Zero)
        {
            await _mutator.BetweenChangesAsync(() =>
            {
                Devices.BeginEnd();
                return Task.CompletedTask;
            });
            await new ShutdownDrain(_engine, Time, _logger).WaitAsync(timeout);
        }
    }

    /// <summary>Ends everything: devices and their sessions, then the event stream once the last closing is in it.</summary>
    public async Task ShutdownAsync()
    {
        BeginShutdown();
        await _stopping.CancelAsync();
        await _keeper.Running;
        try
        {
            // A change that has begun ends first: its device would otherwise be forgotten here.
            await _mutator.BetweenChangesAsync(Devices.CloseAllAsync);
            await _engine.FlushEventsAsync(CancellationToken.None);
        }
        finally
        {
            Events.Complete();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Configuration.Dispose();
        _keeper.Dispose();
        _mutator.Dispose();
        _stopping.Dispose();
    }

    private ProxySpec FindProxy(string name) => _mutator.State.Proxy(name).Spec;

    private IReadOnlyList<ProxySpec> FindUsedProxies()
    {
        ControlState state = _mutator.State;
        return [.. state.Proxies.Values.Where(proxy => state.UsersOf(proxy.Name).Count > 0).Select(proxy => proxy.Spec)];
    }
}
