using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NetControl.Engine.Budgets;
using NetControl.Engine.Loops;
using NetControl.Engine.Sessions;
using NetControl.Engine.Sockets;
using NetControl.Stack.Icmp;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <summary>What the flows of one loop share: buffers, pools, the dirty list, the event ring, the counters.</summary>
/// <remarks>Owner: the loop. Other threads read only the counters and the ring's reading end.</remarks>
internal sealed class LoopContext : ILoopParticipant
{
    /// <summary>Room for the largest packet with whatever precedes it, rounded up.</summary>
    public const int SlotSize = 68 << 10;

    private readonly Stack<UdpFlow> _freeUdp = new();
    private readonly Stack<StreamRelay> _freeRelays = new();
    private readonly Stack<CancellationTokenSource> _freeCancellations = new();
    private List<TcpFlow> _dirty = [];
    private List<TcpFlow> _visiting = [];
    private readonly TallyBook _tallies = new();
    private ulong _nextSession;
    private uint _fragmentId;
    private long _sessions;

    // Once in the process's life and before any table can be filled, which all belong to a context: what was hashed with another seed is
    // not found again.
    static LoopContext() => FlowKey.Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>Makes the context of a loop and takes part in its turns.</summary>
    public LoopContext(EventLoop loop, EngineOptions options, LoopUdpShared udp, ILogger logger)
    {
        Loop = loop;
        Options = options;
        Logger = logger;
        Udp = udp;
        Chunks = new ChunkPool(Math.Max(options.BufferBudgetBytes / Math.Max(1, options.Loops), ChunkPool.ChunkSize));
        NoPayload = new ChunkBuffer(Chunks);
        Events = new EventRing(options.EventRingCapacity);
        Span<byte> secret = stackalloc byte[20];
        RandomNumberGenerator.Fill(secret);
        Isn = new IsnGenerator(secret);
        _fragmentId = BitConverter.ToUInt32(secret[16..]);
        _nextSession = ((ulong)loop.Index + 1) << 48;
        loop.Add(this);
    }

    /// <summary>The loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>The engine's options.</summary>
    public EngineOptions Options { get; }

    /// <summary>Where faults are told.</summary>
    public ILogger Logger { get; }

    /// <summary>The loop's datagrams on their way to upstreams.</summary>
    public LoopUdpShared Udp { get; }

    /// <summary>The chunks of all connections' buffers.</summary>
    public ChunkPool Chunks { get; }

    /// <summary>The buffers between connections and layered streams.</summary>
    public RelayBuffers RelayBuffers { get; } = new();

    /// <summary>A buffer that is always empty, for segments without payload.</summary>
    public ChunkBuffer NoPayload { get; }

    /// <summary>The latest SYNs whose dials may still fail.</summary>
    public RecentPackets RecentSyns => field ??= new RecentPackets(512, 160);

    /// <summary>The latest datagrams of sockets that have had no answer yet.</summary>
    public RecentPackets RecentDatagrams => field ??= new RecentPackets(256, IcmpErrors.MaxQuote(isV4: false));

    /// <summary>The session events of this loop.</summary>
    public EventRing Events { get; }

    /// <summary>Initial sequence numbers.</summary>
    public IsnGenerator Isn { get; }

    /// <summary>Where packets are read into; valid during the delivery of one packet.</summary>
    public byte[] ReadSlot { get; } = GC.AllocateUninitializedArray<byte>(SlotSize, pinned: true);

    /// <summary>Room to build one large datagram before it is cut into fragments.</summary>
    public byte[] LargePacket => field ??= GC.AllocateUninitializedArray<byte>(SlotSize, pinned: true);

    /// <summary>Room to build one small packet: ICMP, mostly.</summary>
    public byte[] SmallPacket => field ??= GC.AllocateUninitializedArray<byte>(2048, pinned: true);

    /// <summary>Room for one fragment of a large datagram.</summary>
    public byte[] FragmentRoom => field ??= GC.AllocateUninitializedArray<byte>(SlotSize, pinned: true);

    /// <summary>Live sessions of this loop; read from anywhere.</summary>
    public long Sessions => Volatile.Read(ref _sessions);

    /// <summary>The tallies of all device-delegate pairs; read from anywhere.</summary>
    public ArraySegment<SessionTally> Tallies => _tallies.All;

    /// <summary>A new session id: the loop's number in the high bits, so that loops need not agree.</summary>
    public ulong NextSessionId() => ++_nextSession;

    /// <summary>A new identification for fragments.</summary>
    public uint NextFragmentId() => ++_fragmentId;

    /// <summary>Counts a session in, unless the device or all of them have too many.</summary>
    public bool TryEnterSession(BudgetShare share)
    {
        if (!share.TryTake(1))
        {
            return false;
        }

        _sessions++;
        return true;
    }

    /// <summary>Counts a session out.</summary>
    public void LeaveSession(BudgetShare share)
    {
        _sessions--;
        share.Return(1);
    }

    /// <summary>A new connection object for a queue, whose memory it draws on; the queue's <see cref="FlowTable"/> pools them.</summary>
    public TcpFlow MakeTcp(Devices.PacketQueue queue) => new(this, new TcpConnection(queue.Chunks, queue.Device.Tcp));

    /// <summary>A UDP session object, as new.</summary>
    public UdpFlow RentUdp() => _freeUdp.TryPop(out UdpFlow? free) ? free : new UdpFlow(this);

    /// <summary>Takes a UDP session object back.</summary>
    public void Return(UdpFlow flow)
    {
        if (_freeUdp.Count < 4096)
        {
            _freeUdp.Push(flow);
        }
    }

    /// <summary>Cancels one dial. Lent for its time only: with what a used one keeps of its registrations it is as large as a socket's object.</summary>
    public CancellationTokenSource RentCancellation() =>
        _freeCancellations.TryPop(out CancellationTokenSource? free) ? free : new CancellationTokenSource();

    /// <summary>Takes one back whose dial has answered; if it was used it is not used again.</summary>
    public void Return(CancellationTokenSource source)
    {
        if (_freeCancellations.Count < 256 && source.TryReset())
        {
            _freeCancellations.Push(source);
        }
    }

    /// <summary>How many relays wait for a session.</summary>
    public int FreeRelays => _freeRelays.Count;

    /// <summary>A relay, as new.</summary>
    public StreamRelay RentRelay() => _freeRelays.TryPop(out StreamRelay? free) ? free : new StreamRelay(this);

    /// <summary>Takes a relay back, when none of its calls is out.</summary>
    public void Return(StreamRelay relay)
    {
        if (_freeRelays.Count < 4096)
        {
            _freeRelays.Push(relay);
        }
    }

    /// <summary>Gives pooled objects and free chunks up, after a busy time.</summary>
    public void Trim()
    {
        _freeRelays.Clear();
        _freeRelays.TrimExcess();
        RelayBuffers.Trim();
        _freeUdp.Clear();
        _freeUdp.TrimExcess();
        Chunks.Trim(1 << 20);
    }

    /// <summary>Asks for a visit in the egress phase.</summary>
    public void MarkDirty(TcpFlow flow)
    {
        if (!flow.IsDirty)
        {
            flow.IsDirty = true;
            _dirty.Add(flow);
        }
    }

    /// <inheritdoc/>
    public bool Egress()
    {
        if (_dirty.Count == 0)
        {
            return false;
        }

        (_dirty, _visiting) = (_visiting, _dirty);
        foreach (TcpFlow flow in _visiting)
        {
            flow.IsDirty = false;
            flow.OnEgress(Loop.Now);
        }

        _visiting.Clear();
        return _dirty.Count > 0;
    }

    /// <inheritdoc/>
    public void Flush()
    {
        Udp.Batch.Flush();
        Events.Signal();
    }

    /// <summary>The tally of a device, delegate, protocol and family on this loop.</summary>
    public SessionTally Tally(string device, string delegateName, SessionProtocol protocol, bool isV4) =>
        _tallies.Of(device, delegateName, protocol, isV4);
}
