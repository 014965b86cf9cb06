using NetControl.Stack;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using Xunit;

namespace NetControl.Testing.Tcp;

/// <summary>Two connections over a link that delays, loses, doubles and reorders, in virtual time; the same seed gives the same run.</summary>
/// <remarks>Segments are pooled, so that a run allocates nothing once it is warm.</remarks>
public sealed class TcpSimulation
{
    private readonly PriorityQueue<(SimulatedHost To, WireSegment Segment), (long Time, long Order)> _wire = new();
    private readonly Stack<WireSegment> _free = new();
    private readonly SimulatedLinkOptions _up;
    private readonly SimulatedLinkOptions _down;
    private ulong _random;
    private long _order;
    private long _upFree;
    private long _downFree;

    /// <summary>Makes a simulation; <paramref name="up"/> is the way from the client to the server.</summary>
    public TcpSimulation(
        ulong seed, SimulatedHostOptions client, SimulatedHostOptions server, SimulatedLinkOptions up, SimulatedLinkOptions? down = null)
    {
        _random = (seed * 0x9E3779B97F4A7C15) | 1;
        _up = up;
        _down = down ?? up;
        Now = new Instant(1_000_000);
        Client = new SimulatedHost(this, client);
        Server = new SimulatedHost(this, server);
        ClientIsn = new SequenceNumber((uint)Next());
        AcceptorIsn = new SequenceNumber((uint)Next());
    }

    /// <summary>The end that connects.</summary>
    public SimulatedHost Client { get; }

    /// <summary>The end that accepts.</summary>
    public SimulatedHost Server { get; }

    /// <summary>The time.</summary>
    public Instant Now { get; private set; }

    /// <summary>Segments that were put on the wire.</summary>
    public long Segments { get; private set; }

    /// <summary>The acceptor's initial sequence number.</summary>
    public SequenceNumber AcceptorIsn { get; }

    private SequenceNumber ClientIsn { get; }

    /// <summary>Opens the connection.</summary>
    public void Start()
    {
        Client.Connection.Connect(ClientIsn, 3, isV4: true, Now);
        Client.Run();
    }

    /// <summary>Runs until both ends are done; fails if they are not by the given virtual time.</summary>
    public void RunToEnd(double maxSeconds = 4000)
    {
        Start();
        RunUntil(static s => s.Client.IsDone && s.Server.IsDone && s._wire.Count == 0, maxSeconds);
    }

    /// <summary>Runs until a condition holds.</summary>
    public void RunUntil(Func<TcpSimulation, bool> done, double maxSeconds)
    {
        Instant limit = Now + (long)(maxSeconds * 1e6);
        for (long steps = 0; !done(this); steps++)
        {
            if (!Step() || Now > limit || steps > 20_000_000)
            {
                Assert.Fail($"the connection hangs at {Now.Micros / 1e6:F3} s: client {Describe(Client)}; server {Describe(Server)}");
            }
        }
    }

    /// <summary>Makes room on the wire, so that however many segments are under way at once the simulation itself allocates nothing.</summary>
    public void Reserve(int segments)
    {
        _wire.EnsureCapacity(segments);
        while (_free.Count < segments)
        {
            _free.Push(new WireSegment());
        }
    }

    /// <summary>Drops both connections and checks that no chunk is missing.</summary>
    public void AssertNothingLeaks()
    {
        Client.Connection.Drop();
        Server.Connection.Drop();
        Assert.Equal(0, Client.Pool.BytesInUse);
        Assert.Equal(0, Server.Pool.BytesInUse);
    }

    internal bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    internal int Below(int limit) => (int)(Next() % (ulong)Math.Max(1, limit));

    internal void Send(SimulatedHost from, ref TcpOutput segment)
    {
        SimulatedHost to = from == Client ? Server : Client;
        int done = 0;
        from.Sent += segment.PayloadLength;
        SimulatedLinkOptions link = LinkTo(to);
        bool whole = link.LoseWhole && Chance(link.Loss);
        do
        {
            int count = Math.Min(segment.PayloadLength - done, Math.Max(1, segment.SegmentSize));
            WireSegment wire = _free.TryPop(out WireSegment? free) ? free : new WireSegment();
            bool last = done + count >= segment.PayloadLength;
            wire.Seq = segment.Seq + done;
            wire.Ack = segment.Ack;
            wire.Flags = last ? segment.Flags : segment.Flags & ~(TcpFlags.Fin | TcpFlags.Psh);
            wire.Window = segment.Window;
            wire.Options = segment.Options;
            wire.Length = count;
            CopyPayload(from.Connection.SendBuffer, segment.PayloadOffset + done, wire.Payload.AsSpan(0, count));
            Transmit(to, wire, whole);
            done += count;
        }
        while (done < segment.PayloadLength);
    }

    private static void CopyPayload(ChunkBuffer buffer, long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            ReadOnlySpan<byte> piece = buffer.Peek(offset, destination.Length);
            piece.CopyTo(destination);
            destination = destination[piece.Length..];
            offset += piece.Length;
        }
    }

    private SimulatedLinkOptions LinkTo(SimulatedHost to) => to == Server ? _up : _down;

    private void Transmit(SimulatedHost to, WireSegment wire, bool whole)
    {
        Segments++;
        SimulatedLinkOptions link = LinkTo(to);
        ref long free = ref to == Server ? ref _upFree : ref _downFree;
        long start = Math.Max(free, Now.Micros * 1000);
        long nanos = link.BitsPerSecond == 0 ? 0 : wire.WireLength * 8_000_000_000L / link.BitsPerSecond;
        bool full = link.BitsPerSecond != 0 && (start - (Now.Micros * 1000)) / 8e9 * link.BitsPerSecond > link.QueueBytes;
        if (full || whole || (!link.LoseWhole && Chance(link.Loss)))
        {
            _free.Push(wire);
            return;
        }

        free = start + nanos;
        long arrival = ((free + 999) / 1000) + link.DelayMicros;
        arrival = link.BatchMicros == 0 ? arrival : (arrival + link.BatchMicros - 1) / link.BatchMicros * link.BatchMicros;
        Schedule(to, wire, arrival + (Chance(link.Reordering) ? Below(link.ReorderMicros) : 0));
        if (Chance(link.Duplication))
        {
            Schedule(to, wire, arrival + Below(link.ReorderMicros));
        }
    }

    private void Schedule(SimulatedHost to, WireSegment wire, long micros)
    {
        wire.Holders++;
        _wire.Enqueue((to, wire), (micros, _order++));
    }

    private bool Step()
    {
        Instant next = Instant.Min(Client.NextDeadline, Server.NextDeadline);
        if (_wire.TryPeek(out _, out (long Time, long Order) first))
        {
            next = Instant.Min(next, new Instant(first.Time));
        }

        if (next == Instant.Never)
        {
            return false;
        }

        Now = next > Now ? next : Now;
        while (_wire.TryPeek(out (SimulatedHost To, WireSegment Segment) arrived, out first) && first.Time <= Now.Micros)
        {
            _wire.Dequeue();
            arrived.To.Deliver(arrived.Segment);
            if (--arrived.Segment.Holders == 0)
            {
                _free.Push(arrived.Segment);
            }
        }

        Client.Run();
        Server.Run();
        return true;
    }

    private static string Describe(SimulatedHost host) =>
        $"{host.Connection.State} wrote {host.Written} received {host.Received} {host.Events} {host.Connection.Snapshot()}";

    private ulong Next()
    {
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        return _random * 0x2545F4914F6CDD1D;
    }
}
