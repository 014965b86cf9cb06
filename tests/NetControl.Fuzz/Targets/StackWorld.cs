using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine;
using NetControl.Engine.Budgets;
using NetControl.Engine.Devices;
using NetControl.Engine.Flows;
using NetControl.Engine.Loops;
using NetControl.Engine.Sessions;
using NetControl.Engine.Sockets;
using NetControl.Network;
using NetControl.Stack;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing.Links;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>A loop that is never started, a device on it, and upstreams that do what the script says.</summary>
internal sealed class StackWorld
{
    public const int Mtu = 1500;
    private const int MostPacketsAStep = 2000;
    private static readonly DeviceLimits s_limits = new()
    {
        MaxTcpSessions = 12,
        MaxUdpSessions = 6,
        MaxHalfOpen = 6,
        MaxBufferBytes = 1 << 20,
        MaxReassemblyBytes = 64 << 10,
    };

    private readonly EventLoop _loop = new(0, NullLogger.Instance);
    private readonly LoopContext _context;
    private readonly Dictionary<(AddrPort Client, AddrPort Remote), (uint Next, uint Ack)> _places = [];
    private readonly ScriptedUpstreams _upstreams = new();
    private readonly Egress _egress;
    private MemoryQueue _queue = null!;
    private Instant _now;
    private int _timersBefore;
    private int _packets;

    public StackWorld()
    {
        EngineOptions options = new()
        {
            Loops = 1,
            Mark = 0,
            BufferBudgetBytes = 2 << 20,
            SessionBufferBytes = 256 << 10,
            EventRingCapacity = 1024,
        };
        _context = new LoopContext(_loop, options, new LoopUdpShared(_loop), NullLogger.Instance);
        _now = _loop.Now;
        _egress = new Egress(new EgressModel
        {
            DelegateName = "delegates/fuzz",
            ProxyName = "proxies/fuzz",
            Generation = 1,
            StreamDialer = _upstreams,
            PacketProxy = _upstreams,
        });
    }

    public static IpAddr ClientV4 { get; } = IpAddr.Parse("10.0.0.2");

    public static IpAddr ClientV6 { get; } = IpAddr.Parse("fd77::2");

    /// <summary>A device as new.</summary>
    public void Begin(byte settings)
    {
        TcpParameters tcp = new()
        {
            MaxBuffer = 256 << 10,
            CongestionControl = (settings & 1) != 0 ? Stack.Tcp.Congestion.CongestionAlgorithm.NewReno : default,
            KeepAliveMicros = (settings & 2) != 0 ? 30_000_000 : 7_200_000_000,
            KeepAliveIntervalMicros = 5_000_000,
            MaxKeepAlives = 3,
        };
        DeviceCore core = new("devices/fuzz", Mtu, tcp)
        {
            Limits = s_limits,
            Budgets = new DeviceBudgets(s_limits, new EngineBudgets(_context.Options)),
            Subnets = new DeviceSubnets([new IpPrefix(IpAddr.Parse("10.0.0.1"), 24)]),
            UdpFiltering = (settings & 4) != 0 ? UdpFiltering.AddressDependent : UdpFiltering.EndpointIndependent,
            StreamEgress = (settings & 0x30) == 0x30 ? null : _egress,
            PacketEgress = (settings & 0x30) == 0x30 ? null : _egress,
            AcceptImmediately = (settings & 8) != 0,
        };
        _queue = new MemoryQueue(0, _context, core, Emitted);
        core.Queues = [_queue];
        _places.Clear();
        _upstreams.Reset();
        _timersBefore = _loop.Timers.Count;
    }

    /// <summary>A packet from the client.</summary>
    public void Deliver(ReadOnlySpan<byte> packet, ChecksumTrust trust)
    {
        byte[] copy = packet.ToArray();
        Turn(() => _queue.Deliver(copy, trust));
    }

    /// <summary>Where a connection's next segment should be.</summary>
    public (uint Seq, uint Ack) Place(AddrPort from, AddrPort to) =>
        _places.TryGetValue((from, to), out (uint Next, uint Ack) place) ? (place.Ack, place.Next) : (1000u, 0u);

    /// <summary>Puts the sequence numbers of a TCP packet right, if its connection has any.</summary>
    public void Aim(Span<byte> packet)
    {
        if (ParsedPacket.TryParse(packet, ChecksumTrust.KernelVouches, out ParsedPacket parsed) == ParseResult.Ok && parsed.Protocol == IpProtocol.Tcp
            && _places.ContainsKey((parsed.From, parsed.To)))
        {
            (uint seq, uint ack) = Place(parsed.From, parsed.To);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet[(parsed.TransportOffset + 4)..], seq);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet[(parsed.TransportOffset + 8)..], ack);
        }
    }

    /// <summary>Time passes, timer by timer.</summary>
    public void Pause(long micros)
    {
        Instant end = _now + micros;
        for (int turns = 0; _now < end; turns++)
        {
            Unless(turns < 20_000, "timers fire a bounded number of times");
            long wait = _loop.Timers.WaitMillis(_now);
            _now = Instant.Min(end, wait < 0 ? end : _now + Math.Max(1000, wait * 1000));
            Turn(null);
        }
    }

    /// <summary>An upstream connection does something.</summary>
    public void Upstream(int which, int what, int amount) => Turn(() => _upstreams.Act(which, what, amount));

    /// <summary>A datagram, or an error, comes back from the outside.</summary>
    public void Answer(int what, int length) => Turn(() => _upstreams.Answer(what, length));

    /// <summary>An operator, the housekeeping, or a kernel with segmentation offload.</summary>
    public void Interfere(int what, byte[] room) => Turn(() =>
    {
        switch (what & 7)
        {
            case 0:
                _queue.Flows.CloseSessions(null, SessionCause.ClosedByOperator);
                break;
            case 1:
                _queue.Flows.Trim();
                _context.Trim();
                break;
            case 2:
                _queue.Flows.ReportMoved();
                SessionCopies live = new(null);
                _queue.Flows.Visit(live);
                Unless(live.Items.TrueForAll(info => _queue.Flows.Find(info.Id) is not null), "a session that is listed can be found");
                break;
            default:
                int length = UdpPacket.Write(room, new AddrPort(ClientV4, 4000), AddrPort.Parse("198.18.0.1:53"), new byte[what * 4]);
                _queue.Flows.OnDatagrams(room.AsSpan(0, length), (what & 0x78) - 8);
                break;
        }
    });

    /// <summary>What must hold at every moment.</summary>
    public void Check()
    {
        DeviceBudgets budgets = _queue.Device.Budgets;
        Within(budgets.TcpSessions, "TCP sessions");
        Within(budgets.UdpSessions, "UDP sessions");
        Within(budgets.HalfOpen, "half-open places");
        Within(budgets.Reassembly, "reassembly bytes");
        Unless(budgets.HalfOpen.Used == _queue.Counters.HalfOpen, "the half-open gauge is the budget's use");
        Unless(_queue.Flows.Count == budgets.TcpSessions.Used + budgets.UdpSessions.Used, "the table holds what the budget counts");
        Unless(_context.Sessions == _queue.Flows.Count, "the loop counts the sessions of its table");

        // Each connection may take what it needs to go on although the memory is spent.
        long most = s_limits.MaxBufferBytes + (s_limits.MaxTcpSessions * 64 << 10);
        Unless(_queue.Chunks.BytesInUse <= most, $"{_queue.Chunks.BytesInUse} bytes of buffers are within the bound");
        Unless(_queue.Counters.Drops[(int)DropReason.InternalError] == 0, "nothing of ours failed");
        _packets = 0;

        static void Within(BudgetShare share, string what) =>
            Unless(share.Used >= 0 && share.Used <= share.Limit, $"{share.Used} {what} are within the limit");
    }

    /// <summary>Ends all that lives; then nothing may be left.</summary>
    public void End()
    {
        Turn(() => _queue.Close(SessionCause.DeviceClosed));
        _packets = 0;
        Pause(130_000_000);
        Check();
        DeviceBudgets budgets = _queue.Device.Budgets;
        Unless(budgets.TcpSessions.Used == 0 && budgets.UdpSessions.Used == 0 && budgets.HalfOpen.Used == 0, "no session is left");
        Unless(budgets.Reassembly.Used == 0, "no fragment is left");
        Unless(_queue.Chunks.BytesInUse == 0, $"{_queue.Chunks.BytesInUse} bytes of buffers are left");
        Unless(_loop.Timers.Count == _timersBefore, $"{_loop.Timers.Count - _timersBefore} timers are left");
        Unless(_upstreams.Live == 0, $"{_upstreams.Live} upstream connections are left open");
    }

    private void Turn(Action? action)
    {
        Exception? failure = null;
        if (action is not null)
        {
            _loop.Post(
                _ =>
                {
                    try
                    {
                        action();
                    }
                    catch (Exception e)
                    {
                        failure = e;
                    }
                },
                null);
        }

        _loop.TurnAt(_now);
        if (failure is not null)
        {
            throw new InvalidOperationException("the loop was left with an exception", failure);
        }
    }

    private void Emitted(ReadOnlySpan<byte> packet)
    {
        Unless(++_packets <= MostPacketsAStep, "a step has a bounded number of answers");
        Unless(packet.Length <= Mtu, $"a packet of {packet.Length} bytes fits the MTU");
        ParseResult result = ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed);

        // What was sent to 240.0.0.0/4 is answered from there, and nobody may believe that (RFC 6890).
        bool reserved = packet[0] >> 4 == 4 && packet[12] >= 240;
        Unless(
            result is ParseResult.Ok or ParseResult.Fragment || (reserved && result == ParseResult.Martian),
            $"what comes out is a valid packet, not {result}: {Convert.ToHexString(packet)}");
        if (result == ParseResult.Ok && parsed.Protocol == IpProtocol.Tcp)
        {
            uint length = (uint)parsed.PayloadLength + ((parsed.Flags & (TcpFlags.Syn | TcpFlags.Fin)) != 0 ? 1u : 0);
            _places[(parsed.To, parsed.From)] = (parsed.Seq.Value + length, parsed.Ack.Value);
        }
    }
}
