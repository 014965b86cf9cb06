using NetControl.Engine;
using NetControl.Engine.Captures;
using NetControl.Engine.Devices;
using NetControl.Engine.Diagnosis;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;

namespace NetControl.ControlPlane.Engines;

/// <summary>The real engine behind the control plane's edge.</summary>
internal sealed class PacketEngineAdapter : IEngine
{
    private readonly PacketEngine _engine;
    private readonly StubResolver _resolver;

    /// <summary>Takes an engine, whose host names from now on are found over its own sockets: the system's resolver marks none.</summary>
    public PacketEngineAdapter(PacketEngine engine)
    {
        _engine = engine;
        _resolver = new StubResolver(new Way(engine.StreamDialer, engine.PacketListener), engine.TimeProvider, meter: Names);
        engine.Lookups = _resolver.Lookups();
    }

    public EngineOptions Options => _engine.Options;

    public IStreamDialer StreamDialer => _engine.StreamDialer;

    public IPacketListener PacketListener => _engine.PacketListener;

    public object? CurrentLoop => _engine.CurrentLoop;

    public TimeProvider TimeProvider => _engine.TimeProvider;

    public DnsMeter Names { get; } = new();

    public IReadOnlyList<AddrPort> NameServers => _resolver.Configuration.Servers;

    public bool WantUpdates
    {
        get => _engine.WantUpdates;
        set => _engine.WantUpdates = value;
    }

    public ValueTask<IReadOnlyList<IpAddr>> LookUpAsync(string host, CancellationToken cancellationToken) =>
        _engine.LookUpAsync(host, cancellationToken);

    public void SetEventSink(ISessionEventSink sink) => _engine.SetEventSink(sink);

    public void RemoveLeftovers(IReadOnlyCollection<DeviceSpec> wanted) => _engine.RemoveLeftovers(wanted);

    public IEngineDevice OpenDevice(DeviceSpec spec) => new EngineDeviceAdapter(_engine.OpenDevice(spec));

    public Task<IReadOnlyList<SessionInfo>> ListSessionsAsync(SessionSelector? selector, CancellationToken cancellationToken) =>
        _engine.ListSessionsAsync(selector, cancellationToken);

    public Task<TVisitor[]> VisitSessionsAsync<TVisitor>(Func<TVisitor> visitor, CancellationToken cancellationToken)
        where TVisitor : class, ISessionVisitor => _engine.VisitSessionsAsync(visitor, cancellationToken);

    public Task<SessionDetail?> GetSessionAsync(ulong id, CancellationToken cancellationToken) =>
        _engine.GetSessionAsync(id, cancellationToken);

    public Task<int> CloseSessionsAsync(SessionSelector selector, SessionCause cause, CancellationToken cancellationToken) =>
        _engine.CloseSessionsAsync(selector, cause, cancellationToken);

    public Task FlushEventsAsync(CancellationToken cancellationToken) => _engine.FlushEventsAsync(cancellationToken);

    public void TrimPools() => _engine.TrimPools();

    public EngineCounters ReadCounters() => _engine.ReadCounters();

    public IReadOnlyList<IpPrefix> Guard(IReadOnlyCollection<IpPrefix> destinations) => _engine.Guard(destinations);

    public void Release(IReadOnlyCollection<IpPrefix> destinations) => _engine.Release(destinations);

    public Task<IReadOnlyList<AccountingRow>> ReadAccountingAsync(CancellationToken cancellationToken) =>
        _engine.ReadAccountingAsync(cancellationToken);

    public Task<PacketCapture> CaptureAsync(string device, CaptureOptions options, CancellationToken cancellationToken) =>
        _engine.CaptureAsync(device, options, cancellationToken);

    public DiagnosisReport DiagnoseRouting(DiagnosisRequest request) => _engine.DiagnoseRouting(request);
}
