using System.Diagnostics;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp.Congestion;

namespace NetControl.Stack.Tcp;

/// <summary>One TCP connection as a pure machine (RFC 9293): segments in, segments out, and when to be called next.</summary>
/// <remarks>
/// <para>Three verbs are the contract with the world: <see cref="OnSegment{T}"/> takes what arrived, <see cref="Dispatch{T}"/> sends what
/// is due, <see cref="NextDeadline"/> says when <see cref="OnTimer"/> must be called. Time and randomness come in as parameters.</para>
/// <para>Owner: one loop. Lifetime: pooled; <see cref="Reset"/> makes it as new. Buffers: chunks of the loop's pool, none while idle.</para>
/// <para>The file is cut along RFC 9293: this one holds the state and the application's calls (3.9.1), <c>.Input</c> the arrival of
/// segments (3.10.7), <c>.Ack</c> the acknowledgement of what we sent, <c>.Output</c> sending, <c>.Timers</c> the clocks.</para>
/// <code>
///  send space      acknowledged | in flight          | queued        |
///  sequence                  SndUna               SndNxt (&lt;= SndMax)
///  stream offset             Send.Head                               Send.Tail (+ FIN)
///
///  receive space   taken by upstream | in order, waiting | holes and ranges |
///  sequence                                           RcvNxt             RcvNxt + window
///  stream offset             Receive.Head             Receive.Tail
/// </code>
/// </remarks>
public sealed partial class TcpConnection
{
    private const int MinSegment = 16;
    private readonly ChunkPool _pool;
    private readonly ChunkBuffer _send;
    private readonly ChunkBuffer _receive;
    private readonly Assembler _assembler = new();
    private readonly SackScoreboard _sacked = new();
    private readonly NewReno _reno = new();
    private readonly Cubic _cubic = new();
    private ICongestionControl _congestion;
    private TcpParameters _parameters;
    private RttEstimator _rtt;

    // Send sequence space. SndMax: the highest number ever sent; SndNxt falls behind it only while a timeout sends again.
    private SequenceNumber _iss;
    private SequenceNumber _sndUna;
    private SequenceNumber _sndNxt;
    private SequenceNumber _sndMax;
    private SequenceNumber _sndWl1;
    private SequenceNumber _sndWl2;
    private uint _sndWnd;
    private uint _maxSndWnd;
    private int _sndShift;
    private bool _scalingOk;
    private int _peerMss;
    private int _mss;
    private bool _finQueued;
    private bool _finSent;

    // Receive sequence space.
    private SequenceNumber _irs;
    private SequenceNumber _rcvNxt;
    private SequenceNumber _rcvEdge;
    private int _rcvShift;
    private int _rcvCapacity;
    private long _takenSinceGrowth;
    private long _finOffset = -1;
    private bool _peerClosed;
    private bool _passive;
    private int _synText;

    // Options in force.
    private bool _sackOk;
    private bool _timestampsOk;
    private uint _tsOffset;
    private uint _tsRecent;
    private long _tsRecentAt;
    private SequenceNumber _lastAckSent;
    private (long Start, long End) _duplicate;

    /// <summary>Makes a connection; <see cref="Accept"/> or <see cref="Connect"/> brings it to life.</summary>
    public TcpConnection(ChunkPool pool, TcpParameters parameters)
    {
        _pool = pool;
        _parameters = parameters;
        _congestion = Choose(parameters);
        _send = new ChunkBuffer(pool);
        _receive = new ChunkBuffer(pool);
    }

    /// <summary>The state.</summary>
    public TcpState State { get; private set; }

    /// <summary>Bytes for the peer: from the first unacknowledged one to the last queued one. The owner receives into it; see <see cref="Queued"/>.</summary>
    public ChunkBuffer SendBuffer => _send;

    /// <summary>Bytes from the peer, in order, that the owner has not taken yet; see <see cref="Taken"/>.</summary>
    public ChunkBuffer ReceiveBuffer => _receive;

    /// <summary>Whether the peer's FIN has arrived in order (the owner may still have bytes to take).</summary>
    public bool PeerClosed => _peerClosed;

    /// <summary>Whether the owner may queue more bytes.</summary>
    public bool CanSend => !_finQueued && State is TcpState.SynReceived or TcpState.SynSent or TcpState.Established or TcpState.CloseWait;

    /// <summary>Whether everything queued, the FIN included, has been acknowledged.</summary>
    public bool AllAcknowledged => _send.Length == 0 && (!_finQueued || (_finSent && _sndUna == _sndMax));

    /// <summary>The congestion control in force.</summary>
    public ICongestionControl Congestion => _congestion;

    /// <summary>Segments sent again.</summary>
    public long Retransmits { get; private set; }

    /// <summary>How often the retransmission timer expired with data in flight.</summary>
    public long Timeouts { get; private set; }

    /// <summary>How often the tail was probed, with old data or new.</summary>
    public long TailProbes { get; private set; }

    /// <summary>How often acknowledgements told of a loss and a recovery began.</summary>
    public long Recoveries { get; private set; }

    /// <summary>Reductions of the window that turned out needless and were taken back.</summary>
    public long Undos { get; private set; }

    /// <summary>RCV.NXT, for whoever must remember the connection after it is gone.</summary>
    public SequenceNumber ReceiveNext => _rcvNxt;

    /// <summary>SND.NXT, for whoever must remember the connection after it is gone.</summary>
    public SequenceNumber SendNext => _sndMax;

    /// <summary>The window scale that we announced, or 0.</summary>
    public int ReceiveShift => _rcvShift;

    /// <summary>The window field of the latest offer, for whoever must remember the connection after it is gone.</summary>
    public ushort WindowField => (ushort)Math.Min(Math.Max(0, _rcvEdge - _rcvNxt) >> _rcvShift, ushort.MaxValue);

    /// <summary>TS.Recent, or null without timestamps.</summary>
    public uint? RecentTimestamp => _timestampsOk ? _tsRecent : null;

    /// <summary>What is added to the clock's milliseconds to make a timestamp value.</summary>
    public uint TimestampOffset => _tsOffset;

    /// <summary>
    /// How many more bytes the owner should queue now: twice what can be in flight, so that the next acknowledgement finds work, but never
    /// more than the peer is about to take: a client that has stopped reading costs its minimum, not the maximum.
    /// </summary>
    public int SendRoom
    {
        get
        {
            if (!CanSend)
            {
                return 0;
            }

            long usable = Math.Min(_congestion.Window, Math.Max(_sndWnd, _maxSndWnd >> 1));
            long limit = Math.Min(Math.Max(2 * usable, 4 * ChunkPool.ChunkSize), _parameters.MaxBuffer);
            if (_sndWnd == 0 || _pool.IsOverBudget)
            {
                limit = ChunkPool.ChunkSize;
            }

            return (int)Math.Max(0, limit - _send.Length);
        }
    }

    /// <summary>Makes the connection as new, with the parameters of the device it will serve next. All chunks go back.</summary>
    public void Reset(TcpParameters parameters)
    {
        _parameters = parameters;
        _congestion = Choose(parameters);
        _send.Reset();
        _receive.Reset();
        _assembler.Clear();
        _sacked.Clear();
        _rtt = default;
        State = TcpState.Closed;
        _sndWnd = _maxSndWnd = 0;
        _sndShift = _rcvShift = 0;
        _finQueued = _finSent = _peerClosed = _passive = false;
        _finOffset = -1;
        _rcvCapacity = 0;
        _takenSinceGrowth = 0;
        _sackOk = _timestampsOk = _scalingOk = false;
        _tsRecent = 0;
        _duplicate = default;
        _sizeProven = false;
        Retransmits = Undos = Timeouts = TailProbes = Recoveries = 0;
        ResetRecovery();
        ResetLoss();
        ResetUndo();
        ResetTimers();
        ResetOutput();
    }

    /// <summary>Takes a client's SYN. The answer is held back until <see cref="Answer"/>, so that the upstream can be dialled first.</summary>
    /// <param name="syn">The segment; SYN set, ACK and RST not. Its text and its FIN are not taken: they come again behind the handshake.</param>
    /// <param name="isn">Our initial sequence number.</param>
    /// <param name="timestampOffset">What is added to the clock to make this connection's timestamps.</param>
    /// <param name="isV4">The family, which decides the default MSS (RFC 9293 3.7.1: 536 or 1220).</param>
    /// <param name="now">The time.</param>
    public void Accept(scoped in TcpSegment syn, SequenceNumber isn, uint timestampOffset, bool isV4, Instant now)
    {
        Debug.Assert(State == TcpState.Closed, "a connection is accepted once");
        State = TcpState.SynReceived;
        _passive = true;
        _synText = syn.Length - 1;
        SetUp(isn, timestampOffset, isV4, now);
        OnPeerSyn(syn, now);

        // RFC 7323 2.2: the window in a SYN is never scaled.
        _sndWnd = _maxSndWnd = syn.Window;
        _sndWl1 = syn.Seq;
    }

    /// <summary>Lets the SYN-ACK out: the upstream is there (RFC 9293's passive OPEN, completed late).</summary>
    public void Answer(Instant now)
    {
        Debug.Assert(State == TcpState.SynReceived && !_synDue, "answered once");
        _synDue = true;
    }

    /// <summary>Opens actively: a SYN goes out with the next <see cref="Dispatch{T}"/>.</summary>
    public void Connect(SequenceNumber isn, uint timestampOffset, bool isV4, Instant now)
    {
        Debug.Assert(State == TcpState.Closed, "a connection is opened once");
        State = TcpState.SynSent;
        SetUp(isn, timestampOffset, isV4, now);
        _sackOk = _timestampsOk = _scalingOk = true; // offered; OnPeerSyn keeps what the peer offers too
        _synDue = true;
    }

    /// <summary>Says that bytes were put into <see cref="SendBuffer"/>.</summary>
    public void Queued(Instant now)
    {
        Debug.Assert(CanSend, "no bytes after FIN");

        // RFC 5681 4.1: after an idle timeout the window says nothing about the path any more.
        if (_sndUna == _sndMax && now - _lastSend > _rtt.Timeout(_parameters.MinRtoMicros, _parameters.MaxRtoMicros))
        {
            _congestion.OnIdle();
        }
    }

    /// <summary>Says that nothing more will be queued: FIN follows the last byte (CLOSE, 3.10.4). The receiving half stays open.</summary>
    public void CloseSend() => _finQueued = true;

    /// <summary>Says that bytes were taken from <see cref="ReceiveBuffer"/>: the window may open.</summary>
    public void Taken(int count)
    {
        _receive.Consume(count);
        if (_assembler.Count == 0)
        {
            _receive.ReleaseIfEmpty();
        }

        OnTaken(count);
    }

    /// <summary>Resets the connection (ABORT, 3.10.5): the RST goes out with the next <see cref="Dispatch{T}"/>, the connection is closed at once.</summary>
    /// <remarks>A SYN that was never answered is refused as RFC 9293 3.10.7.1 refuses one for a port that is closed.</remarks>
    public void Abort()
    {
        if (State is TcpState.Closed or TcpState.TimeWait)
        {
            return;
        }

        if (State != TcpState.SynSent)
        {
            _resetDue = true;
            _resetIsRefusal = State == TcpState.SynReceived && _sndMax == _iss;
        }

        Close(TcpState.Closed);
    }

    /// <summary>Closes without a word: the peer has been told in another way (ICMP), or is gone.</summary>
    public void Drop()
    {
        _resetDue = false;
        Close(TcpState.Closed);
    }

    /// <summary>The machine's inner values.</summary>
    public TcpSnapshot Snapshot() => new()
    {
        State = State,
        SendMss = _mss,
        CongestionWindow = _congestion.Window,
        SlowStartThreshold = _congestion.SlowStartThreshold,
        BytesInFlight = _sndMax - _sndUna,
        SendWindow = _sndWnd,
        ReceiveWindow = (uint)Math.Max(0, _rcvEdge - _rcvNxt),
        SendQueue = _send.Length,
        ReceiveQueue = _receive.Length,
        SmoothedRttMicros = _rtt.SmoothedMicros,
        RttVariationMicros = _rtt.VariationMicros,
        RtoMicros = _rtt.Timeout(_parameters.MinRtoMicros, _parameters.MaxRtoMicros),
        Retransmits = Retransmits,
        CongestionControl = _parameters.CongestionControl,
        Recovery = _inRecovery ? TcpRecovery.Fast : _afterTimeout ? TcpRecovery.Timeout : TcpRecovery.None,
        BufferBytes = _send.BytesHeld + _receive.BytesHeld,
    };

    // Both are held: a pooled connection serves devices that chose differently, and must not allocate for it.
    private ICongestionControl Choose(TcpParameters parameters) =>
        parameters.CongestionControl == CongestionAlgorithm.NewReno ? _reno : _cubic;

    private void SetUp(SequenceNumber isn, uint timestampOffset, bool isV4, Instant now)
    {
        _lastHeard = _lastProgress = now;
        _iss = _sndUna = _sndNxt = _sndMax = isn;
        _tsOffset = timestampOffset;
        _rcvCapacity = Math.Min(_parameters.InitialReceiveWindow, _parameters.MaxBuffer);
        _peerMss = isV4 ? 536 : 1220;
        _headers = isV4 ? 40 : 60;
        _localMss = isV4 ? _parameters.MssV4 : _parameters.MssV6;

        // The smallest scale that can express the largest window this connection may ever offer.
        _rcvShift = 0;
        while (_rcvShift < 14 && 65_535L << _rcvShift < _parameters.MaxBuffer)
        {
            _rcvShift++;
        }
    }

    /// <summary>Takes the peer's SYN: its numbers and what it offers. An option counts only if both sides offer it.</summary>
    private void OnPeerSyn(scoped in TcpSegment syn, Instant now)
    {
        ref readonly Wire.TcpOptions options = ref syn.Options;
        bool passive = State == TcpState.SynReceived;
        _irs = syn.Seq;
        _rcvNxt = syn.Seq + 1;

        // Our SYN, if it was out first, has offered a window already.
        _rcvEdge = passive ? _rcvNxt : _rcvNxt + SynWindow;
        _lastAckSent = _rcvNxt;
        if (options.Mss != 0)
        {
            _peerMss = options.Mss;
        }

        // RFC 7323 2.2: both or neither; a window that needs no scale is reason enough not to answer the offer.
        _scalingOk = options.WindowScale >= 0 && (_scalingOk || (passive && _rcvShift > 0));
        _sndShift = _scalingOk ? options.WindowScale : 0;
        _rcvShift = _scalingOk ? _rcvShift : 0;

        _sackOk = options.SackPermitted && (passive || _sackOk);
        _timestampsOk = options.HasTimestamps && (passive || _timestampsOk);
        if (_timestampsOk)
        {
            _tsRecent = options.TsVal;
            _tsRecentAt = now.Micros;
        }

        // RFC 6691: MSS counts no options; a tiny one is honoured down to where a segment still carries a byte beside them.
        _mss = Math.Max(Math.Min(_peerMss, _localMss) - (_timestampsOk ? 12 : 0), MinSegment);
        _congestion.Start(_mss);
    }

    private void Close(TcpState state)
    {
        State = state;
        ResetTimers();
        _sacked.Clear();
        _log.Clear();
        _assembler.Clear();
        if (!_resetDue)
        {
            ReleaseBuffers();
        }
    }

    private void ReleaseBuffers()
    {
        _send.Reset();
        _receive.Reset();
    }
}
