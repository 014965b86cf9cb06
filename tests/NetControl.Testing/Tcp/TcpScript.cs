using NetControl.Stack;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Stack.Tcp.Congestion;
using NetControl.Stack.Wire;
using Xunit;

namespace NetControl.Testing.Tcp;

/// <summary>One connection, and a test that plays its peer in text: segments in, expected segments out, time moved by hand.</summary>
/// <remarks>
/// After every step the script dispatches, checks that sent and received bytes are the <see cref="Pattern"/>, and that the receive
/// window's right edge never moved left. Disposing drops the connection and checks that every chunk is back in the pool.
/// </remarks>
public sealed partial class TcpScript : IDisposable
{
    private readonly List<string> _sent = [];
    private readonly List<byte> _received = [];
    private SequenceNumber _edge;
    private TcpEvents _events;
    private long _written;
    private int _peerShift;

    /// <summary>Makes a closed connection.</summary>
    public TcpScript(TcpParameters? parameters = null, uint ourIsn = 1000, uint peerIsn = 5_000_000, ChunkPool? pool = null)
    {
        Parameters = parameters ?? new TcpParameters { CongestionControl = CongestionAlgorithm.NewReno };
        Pool = pool ?? new ChunkPool(1L << 30);
        OurIsn = new SequenceNumber(ourIsn);
        PeerIsn = new SequenceNumber(peerIsn);
        Connection = new TcpConnection(Pool, Parameters);
        Connection.Reset(Parameters);
        Now = new Instant(1_000_000);
    }

    /// <summary>The connection under test.</summary>
    public TcpConnection Connection { get; }

    /// <summary>Its congestion control: NewReno, whose windows are round numbers, unless the parameters say otherwise.</summary>
    public ICongestionControl Congestion => Connection.Congestion;

    /// <summary>Its parameters.</summary>
    public TcpParameters Parameters { get; }

    /// <summary>Its pool.</summary>
    public ChunkPool Pool { get; }

    /// <summary>The time.</summary>
    public Instant Now { get; private set; }

    /// <summary>Our initial sequence number.</summary>
    public SequenceNumber OurIsn { get; }

    /// <summary>The peer's initial sequence number.</summary>
    public SequenceNumber PeerIsn { get; }

    /// <summary>The window of segments that name none.</summary>
    public int PeerWindow { get; set; } = 60_000;

    /// <summary>How many bytes of each piece of payload the owner takes at once, without a copy.</summary>
    public int DirectLimit { get; set; } = int.MaxValue;

    /// <summary>Whether received bytes must be the <see cref="Pattern"/>.</summary>
    public bool CheckContent { get; set; } = true;

    /// <summary>The latest segment sent.</summary>
    public TcpOutput Last { get; private set; }

    /// <summary>The window that the latest segment offered, in bytes.</summary>
    public int OfferedWindow { get; private set; }

    /// <summary>All bytes that the owner has taken.</summary>
    public IReadOnlyList<byte> Received => _received;

    /// <summary>The state.</summary>
    public TcpState State => Connection.State;

    /// <summary>A segment arrives, and what is due is sent. Content other than the pattern: <paramref name="fill"/>.</summary>
    public TcpScript In(string text, byte? fill = null)
    {
        Deliver(text, fill);
        return Flush();
    }

    /// <summary>Segments arrive in one batch; what is due is sent at its end.</summary>
    public TcpScript InBatch(params ReadOnlySpan<string> segments)
    {
        foreach (string text in segments)
        {
            Deliver(text, null);
        }

        return Flush();
    }

    /// <summary>A segment arrives in the middle of a batch. Returns whether it is owed an acknowledgement before the next one.</summary>
    public bool Owes(string text)
    {
        _events = TcpEvents.None;
        Deliver(text, null);
        return (_events & TcpEvents.AckDue) != TcpEvents.None;
    }

    /// <summary>What was sent since the last call, one segment per line.</summary>
    public string Sent()
    {
        string text = string.Join('\n', _sent);
        _sent.Clear();
        return text;
    }

    /// <summary>What the machine told its owner since the last call, but for <see cref="TcpEvents.Output"/> and <see cref="TcpEvents.AckDue"/>.</summary>
    public TcpEvents Events()
    {
        TcpEvents events = _events & ~(TcpEvents.Output | TcpEvents.AckDue);
        _events = TcpEvents.None;
        return events;
    }

    /// <summary>The owner queues bytes.</summary>
    public TcpScript Write(int count)
    {
        byte[] bytes = new byte[count];
        Pattern.Fill(bytes, _written);
        _written += count;
        Connection.SendBuffer.Append(bytes);
        Connection.Queued(Now);
        return Flush();
    }

    /// <summary>The owner takes what waits in the receive buffer.</summary>
    public TcpScript Take(int max = int.MaxValue)
    {
        ChunkBuffer buffer = Connection.ReceiveBuffer;
        while (max > 0 && buffer.Length > 0)
        {
            ReadOnlySpan<byte> piece = buffer.Peek(buffer.Head, (int)Math.Min(max, buffer.Length));
            int count = piece.Length;
            OnReceived(piece);
            Connection.Taken(count);
            max -= count;
        }

        return Flush();
    }

    /// <summary>The owner closes its half.</summary>
    public TcpScript Close()
    {
        Connection.CloseSend();
        return Flush();
    }

    /// <summary>The owner aborts.</summary>
    public TcpScript Abort()
    {
        Connection.Abort();
        return Flush();
    }

    /// <summary>The held SYN is answered.</summary>
    public TcpScript Answer()
    {
        Connection.Answer(Now);
        return Flush();
    }

    /// <summary>Time passes; every deadline on the way is met exactly.</summary>
    public TcpScript Advance(double millis)
    {
        Instant target = Now + (long)(millis * 1000);
        for (int i = 0; Connection.NextDeadline <= target; i++)
        {
            Assert.True(i < 10_000, "the timers run in circles");
            Now = Connection.NextDeadline > Now ? Connection.NextDeadline : Now;
            _events |= Connection.OnTimer(Now);
            Flush();
        }

        Now = target;
        return this;
    }

    /// <summary>How many milliseconds until the next deadline; null when there is none within the minutes that retransmission may take.</summary>
    public double? NextDeadlineMillis =>
        Connection.NextDeadline > Now + 600_000_000 ? null : (Connection.NextDeadline - Now) / 1000.0;

    /// <summary>Sends what is due.</summary>
    public TcpScript Flush()
    {
        Sender sender = new(this);
        Connection.Dispatch(Now, ref sender);
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Connection.Drop();
        Assert.Equal(0, Pool.BytesInUse);
    }

    private void Deliver(string text, byte? fill)
    {
        SegmentText line = SegmentText.Parse(text);
        TcpOptions options = line.Options;
        foreach ((long left, long right) in line.Sack)
        {
            options.TryAddSack(OurIsn + (uint)left, OurIsn + (uint)right);
        }

        byte[] payload = new byte[line.Length];
        if (fill is { } value)
        {
            payload.AsSpan().Fill(value);
        }
        else if (line.Length > 0)
        {
            // A segment that begins before the first byte (a probe below the window) has no pattern there.
            int before = (int)Math.Clamp(1 - line.Seq, 0, line.Length);
            Pattern.Fill(payload.AsSpan(before), line.Seq + before - 1);
        }

        bool syn = (line.Flags & TcpFlags.Syn) != 0;
        int window = line.Window >= 0 ? line.Window : PeerWindow;
        ushort field = (ushort)Math.Min(syn ? window : window >> _peerShift, ushort.MaxValue);
        TcpSegment segment = new(
            PeerIsn + (uint)line.Seq,
            (line.Flags & TcpFlags.Ack) != 0 ? OurIsn + (uint)line.Ack : default,
            line.Flags,
            field,
            in options,
            payload);
        if (State == TcpState.Closed && syn && _received.Count == 0 && _sent.Count == 0 && _edge == default)
        {
            _peerShift = Math.Max(0, options.WindowScale);
            Connection.Accept(segment, OurIsn, 0, isV4: true, Now);
            _edge = Connection.ReceiveNext;
            return;
        }

        if (State == TcpState.SynSent && syn)
        {
            _peerShift = Math.Max(0, options.WindowScale);
        }

        bool first = State == TcpState.SynSent;
        Receiver receiver = new(this);
        _events |= Connection.OnSegment(segment, Now, ref receiver);
        _edge = first ? Connection.ReceiveNext : _edge;
        CheckEdge();
    }

    private void CheckEdge()
    {
        if (State is TcpState.Closed or TcpState.SynSent)
        {
            return;
        }

        SequenceNumber edge = Connection.ReceiveNext + (int)Connection.Snapshot().ReceiveWindow;

        // The FIN takes a number that no window was offered for.
        Assert.True(edge - _edge >= 0, "the right edge moved left");
        _edge = edge;
    }

    private void OnReceived(ReadOnlySpan<byte> bytes)
    {
        Assert.True(!CheckContent || Pattern.Matches(bytes, _received.Count), "bytes received are not the bytes sent");
        _received.AddRange(bytes);
    }

    private void OnSend(ref TcpOutput segment)
    {
        Last = segment;
        bool syn = (segment.Flags & TcpFlags.Syn) != 0;
        OfferedWindow = segment.Window << (syn ? 0 : Connection.ReceiveShift);
        int done = 0;
        while (done < segment.PayloadLength)
        {
            ReadOnlySpan<byte> piece = Connection.SendBuffer.Peek(segment.PayloadOffset + done, segment.PayloadLength - done);
            Assert.True(Pattern.Matches(piece, segment.PayloadOffset + done), "bytes sent are not the bytes queued");
            done += piece.Length;
        }

        if (segment.PayloadLength > 0)
        {
            Assert.Equal((uint)(segment.PayloadOffset + 1), (uint)(segment.Seq - OurIsn));
        }

        _sent.Add(SegmentText.Format(segment, OurIsn, PeerIsn));
        CheckEdge();
    }

    private readonly struct Receiver(TcpScript script) : ITcpReceiver
    {
        public int Receive(ReadOnlySpan<byte> payload)
        {
            int count = Math.Min(payload.Length, script.DirectLimit);
            script.OnReceived(payload[..count]);
            return count;
        }
    }

    private readonly struct Sender(TcpScript script) : ITcpSender
    {
        public void Send(TcpConnection connection, ref TcpOutput segment) => script.OnSend(ref segment);
    }
}
