using NetControl.Engine.Captures;
using NetControl.Engine.Devices;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;

namespace NetControl.Engine;

/// <summary>An open device: its attachments, its settings and its end.</summary>
/// <remarks>Thread rule: any thread.</remarks>
public sealed class EngineDevice
{
    /// <summary>How many captures of one device may run at once: each copies every packet.</summary>
    public const int MaxCaptures = 4;

    private readonly PacketEngine _engine;
    private readonly DeviceCore _core;
    private readonly TunInterface? _interface;
    private readonly Lock _lock = new();
    private DeviceSpec _spec;
    private Task? _closing;
    private int _captures;

    internal EngineDevice(PacketEngine engine, DeviceSpec spec, DeviceStatus status, DeviceCore core, TunInterface? tun)
    {
        _engine = engine;
        _core = core;
        _interface = tun;
        _spec = spec;
        Status = status;
    }

    /// <summary>What was asked for.</summary>
    public DeviceSpec Spec => Volatile.Read(ref _spec);

    /// <summary>What it turned out to be.</summary>
    public DeviceStatus Status { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>The way out for TCP; null rejects connections (reset). New sessions only.</summary>
    public Egress? StreamEgress { get => _core.StreamEgress; set => _core.StreamEgress = value; }

    /// <summary>The way out for UDP; null rejects datagrams (ICMP administratively prohibited). New sessions only.</summary>
    public Egress? PacketEgress { get => _core.PacketEgress; set => _core.PacketEgress = value; }

    /// <summary>When true a SYN is answered before the upstream dial is done, for upstreams that cannot tell its outcome.</summary>
    public bool AcceptImmediately { get => _core.AcceptImmediately; set => _core.AcceptImmediately = value; }

    /// <summary>What may pass, and through which egress; null lets everything pass. TCP connections and UDP sessions that live keep their way; a
    /// datagram is judged anew.</summary>
    public PolicyModel? Policy { get => _core.Policy; set => _core.Policy = value; }

    internal DeviceCore Core => _core;

    /// <summary>Whether the end has begun.</summary>
    internal bool IsClosing
    {
        get
        {
            lock (_lock)
            {
                return _closing is not null;
            }
        }
    }

    /// <summary>Whether it has ended: no packet will pass any more.</summary>
    internal bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return _closing is { IsCompleted: true };
            }
        }
    }

    /// <summary>What else must close when this does: the stack whose device this is.</summary>
    internal Action? Closing { get; set; }

    /// <summary>Whether a device can take another spec as it is, sessions and all.</summary>
    public static bool CanUpdate(DeviceSpec from, DeviceSpec to) =>
        from.Name == to.Name && from.InterfaceName == to.InterfaceName && from.DescriptorSocket == to.DescriptorSocket
        && from.Queues == to.Queues && from.Offload == to.Offload;

    /// <summary>
    /// Takes another spec's addresses, routes, MTU, filtering and limits, which hold for new sessions; live ones go on with what they were
    /// born with. On a thread of the device's network namespace; a few system calls for each address and route that changes.
    /// </summary>
    /// <exception cref="EngineException">The kernel said no, and everything is as before.</exception>
    /// <exception cref="ArgumentException">The spec asks for another interface, other queues or other offload.</exception>
    public void Update(DeviceSpec spec)
    {
        if (!CanUpdate(Spec, spec))
        {
            throw new ArgumentException($"{Spec.Name} would have to be opened anew", nameof(spec));
        }

        lock (_lock)
        {
            if (_closing is not null)
            {
                throw new EngineException(EngineError.Other, $"{spec.Name} is closing");
            }

            SetUp(spec);
            _core.Subnets = new DeviceSubnets(spec.Addresses);
            _core.UdpFiltering = spec.UdpFiltering;
            _core.Limits = spec.Limits;
            _core.Budgets.SetLimits(spec.Limits);
            foreach (PacketQueue queue in _core.Queues)
            {
                queue.Context.Loop.Post(static state => ((PacketQueue)state!).SetLimits(), queue);
            }

            Volatile.Write(ref _spec, spec);
        }
    }

    /// <summary>
    /// Ends all sessions with the cause, takes back addresses, routes and rules, and removes the interface (or gives an adopted one back).
    /// Closing twice is fine: the second call waits for the first.
    /// </summary>
    public Task CloseAsync(SessionCause cause)
    {
        lock (_lock)
        {
            return _closing ??= CloseCore(cause);
        }
    }

    /// <summary>Starts to record the device's packets; beside the data path, which never waits for it.</summary>
    /// <exception cref="EngineException">The device is closed, or is captured too often already.</exception>
    public async Task<PacketCapture> CaptureAsync(CaptureOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        lock (_lock)
        {
            if (_closing is not null)
            {
                throw new EngineException(EngineError.Closed, $"{Spec.Name} is closed");
            }

            if (_captures >= MaxCaptures)
            {
                throw new EngineException(
                    EngineError.LimitExceeded, $"{Spec.Name} is captured {MaxCaptures} times already; end one of the captures");
            }

            _captures++;
        }

        return await PacketCapture.StartAsync(this, options, cancellationToken);
    }

    /// <summary>One capture less.</summary>
    internal void EndCapture()
    {
        lock (_lock)
        {
            _captures--;
        }
    }

    internal DeviceCounters ReadCounters()
    {
        long packetsIn = 0, bytesIn = 0, packetsOut = 0, bytesOut = 0, retransmits = 0, halfOpen = 0;
        long resetsSent = 0, resetsPassedOn = 0, resetsReceived = 0;
        long[] drops = new long[Enum.GetValues<DropReason>().Length];
        foreach (PacketQueue queue in _core.Queues)
        {
            QueueCounters counters = queue.Counters;
            packetsIn += Volatile.Read(ref counters.PacketsIn);
            bytesIn += Volatile.Read(ref counters.BytesIn);
            packetsOut += Volatile.Read(ref counters.PacketsOut);
            bytesOut += Volatile.Read(ref counters.BytesOut);
            retransmits += Volatile.Read(ref counters.Retransmits);
            resetsSent += Volatile.Read(ref counters.ResetsSent);
            resetsPassedOn += Volatile.Read(ref counters.ResetsPassedOn);
            resetsReceived += Volatile.Read(ref counters.ResetsReceived);
            halfOpen += Volatile.Read(ref counters.HalfOpen);
            for (int i = 0; i < drops.Length; i++)
            {
                drops[i] += Volatile.Read(ref counters.Drops[i]);
            }
        }

        return new DeviceCounters(
            Spec.Name, packetsIn, bytesIn, packetsOut, bytesOut, drops, retransmits, resetsSent, resetsReceived, halfOpen)
        {
            ResetsPassedOn = resetsPassedOn,
            Usage = new DeviceUsage(
                _core.Budgets.TcpSessions.Used,
                _core.Budgets.UdpSessions.Used,
                _core.Budgets.HalfOpen.Used,
                _core.Queues.Sum(queue => queue.Chunks.BytesInUse),
                _core.Budgets.Reassembly.Used),
            Limits = _core.Limits,
        };
    }

    private void SetUp(DeviceSpec spec)
    {
        if (_interface is null)
        {
            return;
        }

        try
        {
            _interface.Update(spec);
        }
        catch (EngineException)
        {
            try
            {
                _interface.Update(Spec);
            }
            catch (EngineException)
            {
                // What the kernel gave it takes back unwillingly: the first refusal is the one to tell of.
            }

            throw;
        }

        Status = _interface.Status;
        _core.Tcp = _engine.ParametersFor(spec, Status.Mtu, _core);
        _core.Mtu = Status.Mtu;
    }

    private async Task CloseCore(SessionCause cause)
    {
        await Task.Yield(); // the caller's lock is not held through what follows
        Closing?.Invoke();

        // First no queue reads any more, then the sessions end: a queue that still read could hand a packet to one that is done, and bear a
        // session there. The descriptors stay open, for the resets.
        await ForEachQueue(static queue => (queue as TunQueue)?.Stop());
        await ForEachQueue(queue => queue.Close(cause));
        _interface?.Dispose();
        _engine.Forget(this);
    }

    private Task ForEachQueue(Action<PacketQueue> action) => Task.WhenAll(_core.Queues.Select(queue => queue.Context.Loop.InvokeAsync(() =>
    {
        action(queue);
        return 0;
    })));
}
