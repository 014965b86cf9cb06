using NetControl.Engine;
using NetControl.Engine.Captures;
using NetControl.Engine.Devices;
using NetControl.Engine.Diagnosis;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Transport.Dns;

namespace NetControl.ControlPlane.Engines;

/// <summary>What the control plane needs of the packet engine: the edge with two implementations, the engine and a fake.</summary>
/// <remarks>The members mean what those of <see cref="PacketEngine"/> mean.</remarks>
internal interface IEngine
{
    EngineOptions Options { get; }

    IStreamDialer StreamDialer { get; }

    IPacketListener PacketListener { get; }

    object? CurrentLoop { get; }

    TimeProvider TimeProvider { get; }

    bool WantUpdates { get; set; }

    /// <summary>What becomes of the queries for the host names of proxies.</summary>
    DnsMeter Names { get; }

    /// <summary>The resolvers that are asked for them.</summary>
    IReadOnlyList<AddrPort> NameServers { get; }

    ValueTask<IReadOnlyList<IpAddr>> LookUpAsync(string host, CancellationToken cancellationToken);

    void SetEventSink(ISessionEventSink sink);

    void RemoveLeftovers(IReadOnlyCollection<DeviceSpec> wanted);

    IEngineDevice OpenDevice(DeviceSpec spec);

    Task<IReadOnlyList<SessionInfo>> ListSessionsAsync(SessionSelector? selector, CancellationToken cancellationToken);

    Task<TVisitor[]> VisitSessionsAsync<TVisitor>(Func<TVisitor> visitor, CancellationToken cancellationToken)
        where TVisitor : class, ISessionVisitor;

    Task<SessionDetail?> GetSessionAsync(ulong id, CancellationToken cancellationToken);

    Task<int> CloseSessionsAsync(SessionSelector selector, SessionCause cause, CancellationToken cancellationToken);

    Task FlushEventsAsync(CancellationToken cancellationToken);

    void TrimPools();

    EngineCounters ReadCounters();

    IReadOnlyList<IpPrefix> Guard(IReadOnlyCollection<IpPrefix> destinations);

    void Release(IReadOnlyCollection<IpPrefix> destinations);

    Task<IReadOnlyList<AccountingRow>> ReadAccountingAsync(CancellationToken cancellationToken);

    Task<PacketCapture> CaptureAsync(string device, CaptureOptions options, CancellationToken cancellationToken);

    DiagnosisReport DiagnoseRouting(DiagnosisRequest request);
}
