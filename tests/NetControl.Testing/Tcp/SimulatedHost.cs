using NetControl.Stack;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using Xunit;

namespace NetControl.Testing.Tcp;

/// <summary>One end of a <see cref="TcpSimulation"/>: a connection and an application that writes and checks the <see cref="Pattern"/>.</summary>
public sealed class SimulatedHost
{
    private readonly TcpSimulation _simulation;
    private readonly SimulatedHostOptions _options;
    private readonly byte[] _scratch = new byte[64 << 10];
    private SequenceNumber _edge;
    private bool _edgeKnown;
    private Instant _readAgain;
    private Instant _writeAgain;
    private bool _closed;

    internal SimulatedHost(TcpSimulation simulation, SimulatedHostOptions options)
    {
        _simulation = simulation;
        _options = options;
        Pool = new ChunkPool(options.PoolBudget);
        Connection = new TcpConnection(Pool, options.Tcp);
        Connection.Reset(options.Tcp);
    }

    /// <summary>The connection.</summary>
    public TcpConnection Connection { get; }

    /// <summary>Its pool.</summary>
    public ChunkPool Pool { get; }

    /// <summary>Bytes queued so far.</summary>
    public long Written { get; private set; }

    /// <summary>Bytes received, in order and right, so far.</summary>
    public long Received { get; private set; }

    /// <summary>Payload bytes put on the wire so far, however often.</summary>
    public long Sent { get; internal set; }

    /// <summary>Payload bytes that arrived so far, however often: what exceeds <see cref="Received"/> at the end was sent again for nothing.</summary>
    public long Arrived { get; private set; }

    /// <summary>Everything the machine has told.</summary>
    public TcpEvents Events { get; private set; }

    /// <summary>Whether the peer's end was received and every byte before it taken.</summary>
    public bool SawEnd => Connection.PeerClosed && Connection.ReceiveBuffer.Length == 0;

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsDone => Connection.State is TcpState.Closed or TcpState.TimeWait && Connection.ReceiveBuffer.Length == 0;

    /// <summary>When the host must run next for its own sake.</summary>
    internal Instant NextDeadline
    {
        get
        {
            Instant next = Connection.NextDeadline;
            if (_readAgain > _simulation.Now)
            {
                next = Instant.Min(next, _readAgain);
            }

            return _writeAgain > _simulation.Now ? Instant.Min(next, _writeAgain) : next;
        }
    }

    internal void Deliver(WireSegment wire)
    {
        TcpSegment segment = new(wire.Seq, wire.Ack, wire.Flags, wire.Window, in wire.Options, wire.Payload.AsSpan(0, wire.Length));
        if (Connection.State == TcpState.Closed)
        {
            DeliverToClosed(segment);
            return;
        }

        Arrived += wire.Length;
        Receiver receiver = new(this);
        TcpEvents events = Connection.OnSegment(segment, _simulation.Now, ref receiver);
        Events |= events;
        if ((events & TcpEvents.AckDue) != 0)
        {
            Dispatch(_simulation.Now);
        }

        CheckEdge();
    }

    /// <summary>One visit: timers, application, egress.</summary>
    internal void Run()
    {
        Instant now = _simulation.Now;
        if (Connection.NextDeadline <= now)
        {
            Events |= Connection.OnTimer(now);
        }

        Read(now);
        Write(now);
        Dispatch(now);
        CheckEdge();
    }

    private void Dispatch(Instant now)
    {
        Sender sender = new(this);
        Connection.Dispatch(now, ref sender);
    }

    private void DeliverToClosed(scoped in TcpSegment segment)
    {
        if (Events == TcpEvents.None && segment.Has(TcpFlags.Syn) && !segment.Has(TcpFlags.Ack))
        {
            Connection.Accept(segment, _simulation.AcceptorIsn, 7, isV4: true, _simulation.Now);
            Connection.Answer(_simulation.Now);
        }
        else if (!segment.Has(TcpFlags.Rst) && segment.Has(TcpFlags.Ack))
        {
            // RFC 9293 3.10.7.1, the stateless answer of a closed port.
            TcpOutput reset = new() { Seq = segment.Ack, Flags = TcpFlags.Rst, SegmentSize = 1 };
            _simulation.Send(this, ref reset);
        }
    }

    private void Read(Instant now)
    {
        ChunkBuffer buffer = Connection.ReceiveBuffer;
        int left = _options.ReadPiece;
        while (left > 0 && buffer.Length > 0 && now >= _readAgain)
        {
            ReadOnlySpan<byte> piece = buffer.Peek(buffer.Head, (int)Math.Min(left, buffer.Length));
            int count = piece.Length;
            OnReceived(piece);
            Connection.Taken(count);
            left -= count;
            _readAgain = MaybePause(now);
        }

        if (buffer.Length > 0 && _readAgain <= now)
        {
            _readAgain = now + 1000;
        }

        if (_options.AbortAfter >= 0 && Received >= _options.AbortAfter && Connection.State >= TcpState.Established)
        {
            Connection.Abort();
            Events |= TcpEvents.Reset;
        }
    }

    private void Write(Instant now)
    {
        if (Connection.State == TcpState.Closed || _closed)
        {
            return;
        }

        int left = _options.WritePiece;
        while (left > 0 && Written < _options.BytesToSend && now >= _writeAgain)
        {
            int count = (int)Math.Min(Math.Min(left, _scratch.Length), Math.Min(Connection.SendRoom, _options.BytesToSend - Written));
            if (count <= 0)
            {
                break;
            }

            Pattern.Fill(_scratch.AsSpan(0, count), Written);
            Connection.SendBuffer.Append(_scratch.AsSpan(0, count));
            Connection.Queued(now);
            Written += count;
            left -= count;
            _writeAgain = MaybePause(now);
        }

        if (Written == _options.BytesToSend && Connection.State is not (TcpState.SynSent or TcpState.SynReceived))
        {
            _closed = true;
            Connection.CloseSend();
        }
        else if (left <= 0 && _writeAgain <= now)
        {
            _writeAgain = now + 100;
        }
    }

    private Instant MaybePause(Instant now) =>
        _options.PauseProbability > 0 && _simulation.Chance(_options.PauseProbability)
            ? now + 1 + _simulation.Below(_options.PauseMicros)
            : default;

    private void OnReceived(ReadOnlySpan<byte> bytes)
    {
        if (!Pattern.Matches(bytes, Received))
        {
            Assert.Fail($"bytes received at {Received} are not the bytes sent");
        }

        Received += bytes.Length;
    }

    private void CheckEdge()
    {
        if (Connection.State is TcpState.Closed or TcpState.SynSent)
        {
            return;
        }

        SequenceNumber edge = Connection.ReceiveNext + (int)Connection.Snapshot().ReceiveWindow;
        if (_edgeKnown && edge - _edge < 0)
        {
            Assert.Fail("the right edge moved left");
        }

        _edgeKnown = true;
        _edge = edge;
    }

    private readonly struct Receiver(SimulatedHost host) : ITcpReceiver
    {
        public int Receive(ReadOnlySpan<byte> payload)
        {
            if (host._readAgain > host._simulation.Now)
            {
                return 0;
            }

            int count = Math.Min(payload.Length, host._options.DirectLimit);
            host.OnReceived(payload[..count]);
            return count;
        }
    }

    private readonly struct Sender(SimulatedHost host) : ITcpSender
    {
        public void Send(TcpConnection connection, ref TcpOutput segment) => host._simulation.Send(host, ref segment);
    }
}
