using Microsoft.Extensions.Logging;
using NetControl.Engine.Budgets;
using NetControl.Engine.Devices;
using NetControl.Engine.Flows;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Engine.Sessions;
using NetControl.Engine.Sockets;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Tcp.Congestion;
using NetControl.Stack.Wire;

namespace NetControl.Engine;

/// <summary>The packet engine: loops, devices and the sessions that go through them. The control plane's only door to the data path.</summary>
/// <remarks>
/// Thread rule: every member may be called from any thread except a loop's. What changes a loop's state is posted to it; nothing here
/// makes a loop wait.
/// </remarks>
public sealed partial class PacketEngine : IAsyncDisposable
{
    private const int MinMss = 536;
    private readonly ILogger _logger;
    private readonly LoopGroup _loops;
    private readonly LoopContext[] _contexts;
    private readonly LoopUdpShared[] _udp;
    private readonly EventPump _pump;
    private readonly EngineBudgets _budgets;
    private readonly Lock _lock = new();
    private readonly List<EngineDevice> _devices = [];
    private readonly List<DeviceCounters> _closedDevices = [];
    private readonly UpdateTicker _ticker;
    private readonly uint _mark;
    private readonly HostLookups _lookups;
    private bool _tookOver;
    private bool _disposed;

    /// <summary>Starts the loops.</summary>
    public PacketEngine(EngineOptions options, ILogger logger)
    {
        _logger = logger;
        Options = options with { Loops = options.Loops > 0 ? options.Loops : Environment.ProcessorCount };
        _budgets = new EngineBudgets(Options);
        _loops = new LoopGroup(Options.Loops, logger);
        _udp = new LoopUdpShared[_loops.Count];
        _contexts = new LoopContext[_loops.Count];
        OwnSockets own = new();
        for (int i = 0; i < _contexts.Length; i++)
        {
            _udp[i] = new LoopUdpShared(_loops[i], own);
            _contexts[i] = new LoopContext(_loops[i], Options, _udp[i], logger);
        }

        _pump = new EventPump([.. _contexts.Select(context => context.Events)], logger);
        _mark = ProbeMark(Options.Mark, logger);
        SocketOptions sockets = new(_mark, Interface: null);
        _lookups = new HostLookups(_loops, sockets);
        StreamDialer = new LoopTcpDialer(_loops, sockets, own, _lookups);
        PacketListener = new LoopPacketListener(_loops, _udp, sockets);
        TimeProvider = new LoopTimeProvider();
        _ticker = new UpdateTicker(this);
        _loops.Start();
    }

    /// <summary>The options in force, with <see cref="EngineOptions.Loops"/> resolved.</summary>
    public EngineOptions Options { get; }

    /// <summary>Dials TCP directly, on the calling loop. The addresses that <see cref="Lookups"/> find for a host name are raced.</summary>
    public IStreamDialer StreamDialer { get; }

    /// <summary>
    /// How host names are found, from the next dial on; at first by the system's resolver. That one's sockets carry no mark: where a device holds
    /// the default route, give lookups that ask through <see cref="PacketListener"/> and <see cref="StreamDialer"/>.
    /// </summary>
    public IReadOnlyList<AddressLookup> Lookups
    {
        get => _lookups.Current;
        set => _lookups.Current = value;
    }

    /// <summary>Opens UDP sockets directly, on the calling loop.</summary>
    public IPacketListener PacketListener { get; }

    /// <summary>The event loop that the calling thread runs, whichever engine's it is, or null: a key for what is kept per loop.</summary>
    public object? CurrentLoop => EventLoop.Current;

    /// <summary>A clock whose timers fire on the loop that created them (and on the thread pool elsewhere).</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Whether loops should emit <see cref="SessionEventKind.Updated"/> once a second for sessions that moved.</summary>
    public bool WantUpdates { get => _ticker.Enabled; set => _ticker.Enabled = value; }

    /// <summary>Finds all addresses of a host name, as a dial would. Comes back on a loop.</summary>
    /// <exception cref="DialException">There is none.</exception>
    public ValueTask<IReadOnlyList<IpAddr>> LookUpAsync(string host, CancellationToken cancellationToken = default) =>
        _lookups.FindAllAsync(host, cancellationToken);

    /// <summary>Where session events go. Set once, before the first device; events before that are kept in the rings.</summary>
    public void SetEventSink(ISessionEventSink sink) => _pump.Start(sink);

    /// <summary>
    /// Removes what a killed process of ours left in the calling thread's network namespace, except for what the devices to come will take
    /// over. Call before the first device is opened; what no device has taken over until then is removed when the engine is disposed. What
    /// others made, or other processes of ours use, is never touched. What cannot be removed is logged.
    /// </summary>
    public void RemoveLeftovers(IReadOnlyCollection<DeviceSpec> wanted)
    {
        Leftovers.Remove(Options, wanted, _logger);
        _tookOver = wanted.Count > 0;
    }

    /// <summary>Sets the kill switch for destinations that are routed into devices: without a device they are refused, also after this process
    /// has ended. It holds until <see cref="Release"/>.</summary>
    /// <returns>Those that were not guarded before.</returns>
    /// <exception cref="EngineException">The kernel said no; nothing was changed.</exception>
    public IReadOnlyList<IpPrefix> Guard(IReadOnlyCollection<IpPrefix> destinations) => KillSwitch.Guard(Options, destinations);

    /// <summary>Takes the kill switch away for destinations.</summary>
    public void Release(IReadOnlyCollection<IpPrefix> destinations) => KillSwitch.Release(Options, destinations, _logger);

    /// <summary>Creates the TUN interface, or adopts one that exists by that name, sets it up and starts reading. All or nothing.</summary>
    /// <exception cref="EngineException">The kernel said no; what had been done is undone.</exception>
    public EngineDevice OpenDevice(DeviceSpec spec)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        TunInterface tun = TunInterface.Open(spec, Options, _loops.Count, _logger);
        try
        {
            QueueFeatures features = Features(tun);
            DeviceCore core = new(spec.Name, tun.Status.Mtu, Parameters(spec, tun.Status.Mtu, features))
            {
                UdpFiltering = spec.UdpFiltering,
                Subnets = new DeviceSubnets(spec.Addresses),
                Limits = spec.Limits,
                Budgets = new DeviceBudgets(spec.Limits, _budgets),
                QueueCount = tun.Queues.Count,
                Directory = tun.Queues.Count > 1 ? new FlowDirectory() : null,
            };
            int first = NextLoop();
            TunQueue[] queues = [.. tun.Queues.Select((fd, i) =>
                new TunQueue(i, _contexts[(first + i) % _contexts.Length], core, features, fd.Value))];
            core.Queues = queues;
            EngineDevice device = new(this, spec, tun.Status, core, tun);
            Task.WaitAll([.. queues.Select(queue => queue.Context.Loop.InvokeAsync(() =>
            {
                queue.Start();
                return 0;
            }))]);
            Remember(device);
            return device;
        }
        catch
        {
            tun.Dispose();
            throw;
        }
    }

    /// <summary>Makes a stack that is itself a device: its packets come from and go to the caller. Many may exist.</summary>
    /// <param name="name">The device's name, for sessions and counters.</param>
    /// <param name="streamDialer">The way for TCP.</param>
    /// <param name="packetProxy">The way for UDP.</param>
    /// <param name="mtu">The MTU, 1280 to 65535.</param>
    /// <exception cref="ArgumentNullException">The dialer or the proxy is null.</exception>
    public StackDevice OpenStack(string name, IStreamDialer streamDialer, IPacketProxy packetProxy, int mtu = 1500) =>
        OpenStack(new DeviceSpec { Name = name, InterfaceName = "", Mtu = mtu }, streamDialer, packetProxy);

    /// <summary>The same with more to say: of the spec, the name, MTU, addresses, filtering and limits count.</summary>
    /// <param name="spec">What the device should be; the addresses only tell which others are broadcasts.</param>
    /// <param name="streamDialer">The way for TCP.</param>
    /// <param name="packetProxy">The way for UDP.</param>
    /// <exception cref="ArgumentNullException">The spec, the dialer or the proxy is null.</exception>
    public StackDevice OpenStack(DeviceSpec spec, IStreamDialer streamDialer, IPacketProxy packetProxy)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(streamDialer);
        ArgumentNullException.ThrowIfNull(packetProxy);
        int mtu = spec.Mtu;
        ArgumentOutOfRangeException.ThrowIfLessThan(mtu, 1280);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mtu, ushort.MaxValue);
        spec = spec with { Queues = 1, Offload = false };
        DeviceStatus status = new()
        {
            InterfaceName = "",
            InterfaceIndex = 0,
            Mtu = mtu,
            Queues = 1,
            Adopted = false,
            Offloads = [],
            Warnings = [],
        };
        DeviceCore core = new(spec.Name, mtu, Parameters(spec, mtu, QueueFeatures.None))
        {
            UdpFiltering = spec.UdpFiltering,
            Subnets = new DeviceSubnets(spec.Addresses),
            Limits = spec.Limits,
            Budgets = new DeviceBudgets(spec.Limits, _budgets),
        };
        EgressModel model = new() { DelegateName = "", ProxyName = "", Generation = 0, StreamDialer = streamDialer, PacketProxy = packetProxy };
        core.StreamEgress = core.PacketEgress = new Egress(model);
        EngineDevice device = new(this, spec, status, core, null);
        StackDevice stack = new(device, mtu);
        stack.Bind(_contexts[NextLoop()], core);
        device.Closing = stack.Close;
        Remember(device);
        return stack;
    }

    /// <summary>Copies all live sessions that the selector picks (null: all).</summary>
    public async Task<IReadOnlyList<SessionInfo>> ListSessionsAsync(SessionSelector? selector, CancellationToken cancellationToken)
    {
        SessionCopies[] copies = await VisitSessionsAsync(() => new SessionCopies(selector), cancellationToken);
        return [.. copies.SelectMany(copy => copy.Items)];
    }

    /// <summary>Shows all live sessions to visitors, one for each queue, on the queue's loop between two packets. Returns the visitors.</summary>
    public Task<TVisitor[]> VisitSessionsAsync<TVisitor>(Func<TVisitor> visitor, CancellationToken cancellationToken)
        where TVisitor : class, ISessionVisitor
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return ForEachQueue(queue =>
        {
            TVisitor own = visitor();
            queue.Flows.Visit(own);
            return own;
        }).WaitAsync(cancellationToken);
    }

    /// <summary>Copies one live session with its inner values, or null if there is none by that id.</summary>
    public async Task<SessionDetail?> GetSessionAsync(ulong id, CancellationToken cancellationToken)
    {
        SessionDetail?[] found = await ForEachQueue(queue => queue.Flows.Find(id)).WaitAsync(cancellationToken);
        return found.FirstOrDefault(detail => detail is not null);
    }

    /// <summary>Ends the live sessions that the selector picks: TCP by reset, UDP silently. Returns how many.</summary>
    public async Task<int> CloseSessionsAsync(SessionSelector selector, SessionCause cause, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(selector);
        int[] counts = await ForEachQueue(queue => queue.Flows.CloseSessions(selector, cause)).WaitAsync(cancellationToken);
        return counts.Sum();
    }

    /// <summary>Waits until every event that happened before the call has been handed to the sink.</summary>
    public Task FlushEventsAsync(CancellationToken cancellationToken) => _pump.FlushAsync(cancellationToken);

    /// <summary>Gives memory that a busy time left in the pools back; the garbage collector does the rest.</summary>
    public void TrimPools()
    {
        foreach (LoopContext context in _contexts)
        {
            context.Loop.Post(static state => ((LoopContext)state!).Trim(), context);
        }

        foreach (PacketQueue queue in Devices().SelectMany(device => device.Core.Queues))
        {
            queue.Context.Loop.Post(static state => ((PacketQueue)state!).Flows.Trim(), queue);
        }
    }

    /// <summary>Closes all devices (their sessions end with <see cref="SessionCause.Shutdown"/>), then the loops.</summary>
    public async ValueTask DisposeAsync()
    {
        EngineDevice[] devices;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            devices = [.. _devices];
        }

        _ticker.Dispose();
        await Task.WhenAll(devices.Select(device => device.CloseAsync(SessionCause.Shutdown)));
        if (_tookOver)
        {
            Leftovers.Remove(Options, [], _logger);
        }

        await _pump.StopAsync();
        await _loops.DisposeAsync();
        foreach (LoopUdpShared udp in _udp)
        {
            udp.Dispose();
        }
    }

    internal TcpParameters ParametersFor(DeviceSpec spec, int mtu, DeviceCore core) => Parameters(spec, mtu, core.Queues[0].Features);

    internal void Forget(EngineDevice device)
    {
        lock (_lock)
        {
            if (!_devices.Remove(device))
            {
                return;
            }

            // One row for each name, however often devices come and go.
            _budgets.AddDevices(-1);
            DeviceCounters last = device.ReadCounters() with { HalfOpen = 0, Usage = default };
            int row = _closedDevices.FindIndex(closed => closed.Device == last.Device);
            if (row < 0)
            {
                _closedDevices.Add(last);
            }
            else
            {
                _closedDevices[row] = Add(_closedDevices[row], last);
            }
        }
    }

    internal void ReportMoved()
    {
        foreach (EngineDevice device in Devices())
        {
            foreach (PacketQueue queue in device.Core.Queues)
            {
                queue.Context.Loop.Post(static state => ((PacketQueue)state!).Flows.ReportMoved(), queue);
            }
        }
    }

    private TcpParameters Parameters(DeviceSpec spec, int mtu, QueueFeatures features) => new()
    {
        MssV4 = Math.Max(MinMss, mtu - Ipv4Header.MinLength - TcpHeader.MinLength),
        MssV6 = Math.Max(MinMss, mtu - Ipv6Header.Length - TcpHeader.MinLength),

        // 65,535 less the longest headers, for both families alike.
        MaxSuperSegment = features.HasFlag(QueueFeatures.Tso4) && features.HasFlag(QueueFeatures.Tso6) ? 65_535 - TcpPacket.MaxHeadersLength : 0,
        MaxBuffer = Options.SessionBufferBytes,
        InitialReceiveWindow = Math.Min(256 << 10, Options.SessionBufferBytes),
        CongestionControl = spec.CongestionControl == CongestionControl.NewReno
            ? CongestionAlgorithm.NewReno
            : CongestionAlgorithm.Cubic,
        KeepAliveMicros = (long)spec.KeepAlive.Idle.TotalMicroseconds,
        KeepAliveIntervalMicros = (long)spec.KeepAlive.Interval.TotalMicroseconds,
        MaxKeepAlives = spec.KeepAlive.Probes,
    };

    private static QueueFeatures Features(TunInterface tun)
    {
        QueueFeatures features = QueueFeatures.None;
        if (tun.VnetHeader)
        {
            // What we write needs the kernel's driver only, not the offloads that we switched on for reading: with a virtio header it
            // completes checksums and splits super-segments itself.
            features = QueueFeatures.VnetHeader | QueueFeatures.Checksum | QueueFeatures.Tso4 | QueueFeatures.Tso6;
        }

        return features;
    }

    private static uint ProbeMark(uint mark, ILogger logger)
    {
        if (mark == 0)
        {
            return 0;
        }

        int fd = Libc.Socket(Libc.AF_INET, Libc.SOCK_DGRAM, 0);
        bool works = fd >= 0 && Libc.SetSockOpt(fd, Libc.SOL_SOCKET, Libc.SO_MARK, (int)mark) == 0;
        Libc.Close(fd);
        if (!works)
        {
            LogNoMark(logger);
        }

        return works ? mark : 0;
    }

    private int NextLoop()
    {
        lock (_lock)
        {
            return _devices.Count % _contexts.Length;
        }
    }

    private void Remember(EngineDevice device)
    {
        lock (_lock)
        {
            _devices.Add(device);
            _budgets.AddDevices(1);
        }
    }

    private EngineDevice[] Devices()
    {
        lock (_lock)
        {
            return [.. _devices];
        }
    }

    private Task<T[]> ForEachQueue<T>(Func<PacketQueue, T> function) =>
        Task.WhenAll(Devices().SelectMany(device => device.Core.Queues).Select(queue => queue.Context.Loop.InvokeAsync(() => function(queue))));

    [LoggerMessage(20, LogLevel.Warning,
        "upstream sockets cannot be marked (SO_MARK needs CAP_NET_ADMIN): routes into a device must not cover the upstreams, unless "
        + "netcontrold setup left our user to the machine's own routes")]
    private static partial void LogNoMark(ILogger logger);
}
