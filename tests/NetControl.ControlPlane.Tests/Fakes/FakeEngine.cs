using NetControl.ControlPlane.Engines;
using NetControl.Engine;
using NetControl.Engine.Captures;
using NetControl.Engine.Devices;
using NetControl.Engine.Diagnosis;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Transport.Dns;

namespace NetControl.ControlPlane.Tests.Fakes;

/// <summary>An engine without packets: sessions are opened, moved and closed by the test, and counted as the real one counts.</summary>
/// <remarks>Events reach the sink at once, under the engine's lock: a flush has nothing left to do.</remarks>
internal sealed class FakeEngine : IEngine
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, SessionInfo> _live = [];
    private readonly Dictionary<(string Device, string Delegate, SessionProtocol Protocol, bool IsV4), Totals> _totals = [];
    private ISessionEventSink _sink = new NoSink();
    private ulong _lastId;

    public EngineOptions Options { get; } = new() { Loops = 1 };

    public IStreamDialer StreamDialer { get; init; } = new NoDialer();

    public IPacketListener PacketListener { get; } = new NoListener();

    public object? CurrentLoop => null;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public DnsMeter Names { get; } = new();

    public IReadOnlyList<AddrPort> NameServers { get; } = [AddrPort.Parse("192.0.2.53:53")];

    public bool WantUpdates { get; set; }

    /// <summary>Thrown by the next <see cref="OpenDevice"/>.</summary>
    public Exception? NextOpenFails { get; set; }

    /// <summary>Says which device does not open, and why.</summary>
    public Func<DeviceSpec, Exception?>? OpenFails { get; set; }

    /// <summary>What the kill switch guards.</summary>
    public HashSet<IpPrefix> Guarded { get; } = [];

    public List<FakeDevice> Devices { get; } = [];

    /// <summary>The interfaces that each call kept leftovers for.</summary>
    public List<string[]> LeftoversRemovedExceptFor { get; } = [];

    /// <summary>What the list of sessions waits for.</summary>
    public Task ListGate { get; set; } = Task.CompletedTask;

    public int LiveCount
    {
        get
        {
            lock (_gate)
            {
                return _live.Count;
            }
        }
    }

    public ValueTask<IReadOnlyList<IpAddr>> LookUpAsync(string host, CancellationToken cancellationToken) => host == "localhost"
        ? new ValueTask<IReadOnlyList<IpAddr>>([IpAddr.Parse("127.0.0.1")])
        : ValueTask.FromException<IReadOnlyList<IpAddr>>(new DialException(DialFailure.NameNotResolved, $"{host} does not exist"));

    public void SetEventSink(ISessionEventSink sink) => _sink = sink;

    public void RemoveLeftovers(IReadOnlyCollection<DeviceSpec> wanted) =>
        LeftoversRemovedExceptFor.Add([.. wanted.Select(spec => spec.InterfaceName)]);

    public IEngineDevice OpenDevice(DeviceSpec spec)
    {
        if (NextOpenFails is { } e)
        {
            NextOpenFails = null;
            throw e;
        }

        if (OpenFails?.Invoke(spec) is { } refused)
        {
            throw refused;
        }

        FakeDevice device = new(this, spec);
        lock (_gate)
        {
            Devices.Add(device);
        }

        return device;
    }

    /// <summary>A session is born on a device, with whatever is attached at this moment.</summary>
    public SessionInfo Open(string deviceName = "devices/tun0", SessionProtocol protocol = SessionProtocol.Tcp, bool v4 = true)
    {
        lock (_gate)
        {
            FakeDevice device = Devices.Last(d => d.Spec.Name == deviceName);
            Egress? egress = protocol == SessionProtocol.Tcp ? device.StreamEgress : device.PacketEgress;
            ulong id = ++_lastId;
            SessionInfo info = new()
            {
                Id = id,
                Device = deviceName,
                Egress = egress?.Current,
                Protocol = protocol,
                Source = AddrPort.Parse(v4 ? $"10.77.0.1:{(id % 60000) + 1}" : $"[fd77::1]:{(id % 60000) + 1}"),
                Destination = AddrPort.Parse(v4 ? "198.18.0.1:80" : "[fd99::1]:80"),
                State = SessionState.Open,
                Cause = SessionCause.None,
                OpenedUtcTicks = DateTime.UtcNow.Ticks,
                ClosedUtcTicks = 0,
                DialDuration = TimeSpan.FromMilliseconds(3),
                BytesSent = 0,
                BytesReceived = 0,
                PacketsSent = 1,
                PacketsReceived = 0,
            };
            _live.Add(id, info);
            info.Egress?.Enter();
            Of(info).Opened++;
            Emit(SessionEventKind.Opened, info);
            return info;
        }
    }

    /// <summary>Bytes pass.</summary>
    public void Move(ulong id, long sent, long received)
    {
        lock (_gate)
        {
            SessionInfo info = _live[id];
            info = info with { BytesSent = info.BytesSent + sent, BytesReceived = info.BytesReceived + received };
            _live[id] = info;
            Of(info).Sent += sent;
            Of(info).Received += received;
            if (WantUpdates)
            {
                Emit(SessionEventKind.Updated, info);
            }
        }
    }

    /// <summary>A session ends.</summary>
    public bool Close(ulong id, SessionCause cause = SessionCause.Completed)
    {
        lock (_gate)
        {
            if (!_live.Remove(id, out SessionInfo info))
            {
                return false;
            }

            info.Egress?.Leave();
            Of(info).Closed[(int)cause]++;
            Emit(SessionEventKind.Closed, info with { State = SessionState.Closed, Cause = cause, ClosedUtcTicks = DateTime.UtcNow.Ticks });
            return true;
        }
    }

    /// <summary>The engine's rings lose events.</summary>
    public void Lose(long count)
    {
        lock (_gate)
        {
            _sink.OnLost(count);
        }
    }

    public async Task<IReadOnlyList<SessionInfo>> ListSessionsAsync(SessionSelector? selector, CancellationToken cancellationToken)
    {
        await ListGate;
        lock (_gate)
        {
            return [.. _live.Values.Where(s => selector is null || selector(s))];
        }
    }

    /// <summary>As with two queues: every other session belongs to the second one.</summary>
    public async Task<TVisitor[]> VisitSessionsAsync<TVisitor>(Func<TVisitor> visitor, CancellationToken cancellationToken)
        where TVisitor : class, ISessionVisitor
    {
        await ListGate;
        TVisitor[] visitors = [visitor(), visitor()];
        lock (_gate)
        {
            foreach (SessionInfo info in _live.Values)
            {
                visitors[info.Id % 2].Visit(info);
            }
        }

        return visitors;
    }

    public Task<SessionDetail?> GetSessionAsync(ulong id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(_live.TryGetValue(id, out SessionInfo info) ? new SessionDetail(info, null) : (SessionDetail?)null);
        }
    }

    public Task<int> CloseSessionsAsync(SessionSelector selector, SessionCause cause, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ulong[] ids = [.. _live.Values.Where(s => selector(s)).Select(s => s.Id)];
            return Task.FromResult(ids.Count(id => Close(id, cause)));
        }
    }

    public Task FlushEventsAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>An engine whose stacks are captured in the place of the fake's devices.</summary>
    public PacketEngine? Captured { get; set; }

    /// <summary>What the last diagnosis was asked for.</summary>
    public DiagnosisRequest? Diagnosed { get; private set; }

    /// <summary>What a diagnosis finds.</summary>
    public List<Finding> Findings { get; } = [];

    public Task<PacketCapture> CaptureAsync(string device, CaptureOptions options, CancellationToken cancellationToken) =>
        Captured?.CaptureAsync(device, options, cancellationToken) ?? throw new EngineException(EngineError.Closed, $"{device} is not open");

    public DiagnosisReport DiagnoseRouting(DiagnosisRequest request)
    {
        Diagnosed = request;
        return new DiagnosisReport([.. Findings], [.. Devices.Select(d => d.Spec.Name)], 17);
    }

    public void TrimPools()
    {
    }

    public EngineCounters ReadCounters()
    {
        lock (_gate)
        {
            long[] drops = new long[Enum.GetValues<DropReason>().Length];
            drops[(int)DropReason.Malformed] = 2;
            return new EngineCounters
            {
                Devices = [.. Devices.Select(d => new DeviceCounters(d.Spec.Name, 10, 1000, 20, 2000, drops, 1, 2, 3, 0))],
                Sessions = [.. _totals.Select(t =>
                    new SessionCounters(t.Key.Device, t.Key.Delegate, t.Key.Protocol, t.Key.IsV4, t.Value.Opened, [.. t.Value.Closed],
                    t.Value.Sent, t.Value.Received))],
                Loops = [new LoopCounters("netcontrol-0", 5, TimeSpan.FromSeconds(1.5), _live.Count, 3)],
                BufferPoolBytes = 4096,
            };
        }
    }

    public IReadOnlyList<IpPrefix> Guard(IReadOnlyCollection<IpPrefix> destinations) => [.. destinations.Where(Guarded.Add)];

    public void Release(IReadOnlyCollection<IpPrefix> destinations) => Guarded.ExceptWith(destinations);

    public Task<IReadOnlyList<AccountingRow>> ReadAccountingAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<AccountingRow>>([.. _totals.Select(t =>
            {
                SessionInfo[] live = [.. _live.Values.Where(s =>
                    (s.Device, s.Egress?.DelegateName ?? "", s.Protocol, s.Source.IsV4) == t.Key)];
                return new AccountingRow(t.Key.Device, t.Key.Delegate, t.Key.Protocol, t.Key.IsV4, t.Value.Opened, [.. t.Value.Closed],
                    live.Length, t.Value.Sent, t.Value.Received, live.Sum(s => s.BytesSent), live.Sum(s => s.BytesReceived));
            })]);
        }
    }

    private void Emit(SessionEventKind kind, SessionInfo info) => _sink.OnEvents([new SessionEvent(kind, info)]);

    private Totals Of(SessionInfo info)
    {
        (string, string, SessionProtocol, bool) key = (info.Device, info.Egress?.DelegateName ?? "", info.Protocol, info.Source.IsV4);
        if (!_totals.TryGetValue(key, out Totals? totals))
        {
            _totals.Add(key, totals = new Totals());
        }

        return totals;
    }

    private sealed class Totals
    {
        public long Opened;
        public long Sent;
        public long Received;
        public readonly long[] Closed = new long[Enum.GetValues<SessionCause>().Length];
    }

    private sealed class NoSink : ISessionEventSink
    {
        public void OnEvents(ReadOnlySpan<SessionEvent> events)
        {
        }

        public void OnLost(long count)
        {
        }
    }

    private sealed class NoDialer : IStreamDialer
    {
        public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
            throw new DialException(DialFailure.Refused, "the fake engine dials nothing");
    }

    private sealed class NoListener : IPacketListener
    {
        public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default) =>
            throw new DialException(DialFailure.Refused, "the fake engine opens nothing");
    }
}
