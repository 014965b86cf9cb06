using NetControl.Engine.Devices;
using NetControl.Engine.Loops;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Engine.Sockets;
using NetControl.Network;
using NetControl.Stack;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <summary>One TCP session: the client's connection in our stack, the upstream connection, and what moves bytes between them.</summary>
/// <remarks>
/// <para>Owner: the loop whose queue delivered the SYN. Lifetime: rented at the SYN, returned by <see cref="Finish"/>, the one method of
/// death. Buffers: two, the connection's; there is no third queue. Client-bound bytes are received straight into the send buffer;
/// upstream-bound bytes are sent straight from the packet, and only what the socket refuses is copied.</para>
/// <para>The life: SYN - dial - answer - relay - both halves done. The file holds the session; <c>.Dial</c> the way to the upstream,
/// <c>.Relay</c> the bytes.</para>
/// </remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "without timers and wait handles these hold nothing to dispose of")]
internal sealed partial class TcpFlow : LoopTimer, ILoopSocketHandler
{
    private readonly LoopContext _context;
    private readonly TcpConnection _connection;
    private PacketQueue _queue = null!;
    private FlowKey _key;
    private AddrPort _client;
    private AddrPort _remote;
    private EgressModel? _egress;
    private PolicyRuleModel? _rule;
    private SessionTally _tally = null!;
    private ulong _id;
    private long _openedTicks;
    private TimeSpan _dialDuration;
    private TimeSpan _firstByteDuration;
    private string? _dialError;
    private long _bytesSent;
    private long _bytesReceived;
    private long _packetsSent;
    private long _packetsReceived;
    private long _lastReported;
    private SessionState _lastState;
    private bool _finishing;
    private SequenceNumber _irs;
    private uint _synWindow;

    /// <summary>Makes an object for the pool of a loop.</summary>
    public TcpFlow(LoopContext context, TcpConnection connection)
    {
        _context = context;
        _connection = connection;
        _onDialed = OnDialCompleted;
    }

    /// <summary>Whether the flow is on the dirty list.</summary>
    public bool IsDirty { get; set; }

    /// <summary>The session's id.</summary>
    public ulong Id => _id;

    /// <summary>The flow's key.</summary>
    public ref readonly FlowKey Key => ref _key;

    /// <summary>Whether the session is over and the object (about to be) back in the pool.</summary>
    public bool IsFinished { get; private set; } = true;

    /// <summary>Whether the dial or the handshake is still going on.</summary>
    public bool IsHalfOpen => _halfOpen;

    /// <summary>Binds the object to a queue; see <see cref="Open"/>.</summary>
    public void Attach(PacketQueue queue)
    {
        _queue = queue;
        _connection.Reset(queue.Device.Tcp);
    }

    /// <summary>Begins a session with a client's SYN: opens the books, dials.</summary>
    public void Open(in FlowKey key, ReadOnlySpan<byte> bytes, in ParsedPacket packet, EgressModel egress,
        PolicyRuleModel? rule)
    {
        IsFinished = false;
        _key = key;
        _client = packet.From;
        _remote = packet.To;
        _egress = egress;
        _rule = rule;
        _id = _context.NextSessionId();
        _openedTicks = DateTime.UtcNow.Ticks;
        _dialDuration = _firstByteDuration = default;
        _dialError = null;
        _dialNote.Reset();
        _bytesSent = _bytesReceived = _packetsReceived = _lastReported = 0;
        _packetsSent = 1;
        _context.RecentSyns.Add(packet, bytes);
        _irs = packet.Seq;
        _synWindow = packet.Window;
        _tally = _context.Tally(_queue.Device.Name, egress.DelegateName, SessionProtocol.Tcp, _client.IsV4);
        _tally.Opened++;
        egress.Enter();
        _lastState = SessionState.Dialing;
        ResetRelay();

        Instant now = _context.Loop.Now;
        ulong hash = _context.Isn.Hash(_remote, _client);
        TcpSegment syn = new(packet.Seq, packet.Ack, packet.Flags, packet.Window, in packet.Options, packet.Payload(bytes));
        _connection.Accept(syn, _context.Isn.Next(_remote, _client, now), (uint)(hash >> 32), _client.IsV4, now);
        _dialing = true;
        _context.Events.Add(SessionEventKind.Opened, Describe(SessionCause.None));
        StartDial(now);
    }

    /// <summary>Takes a packet of this flow.</summary>
    public void OnPacket(ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        try
        {
            _packetsSent++;
            TcpSegment segment = new(parsed.Seq, parsed.Ack, parsed.Flags, parsed.Window, in parsed.Options, parsed.Payload(packet));
            DirectReceiver receiver = new(this);
            Handle(_connection.OnSegment(segment, _context.Loop.Now, ref receiver));
        }
        catch (Exception e)
        {
            OnFault(e);
        }
    }

    /// <summary>The egress phase: moves what waits, sends what is due, sets the timer.</summary>
    public void OnEgress(Instant now)
    {
        if (IsFinished)
        {
            return;
        }

        try
        {
            PumpUpstream(now);
            if (!IsFinished)
            {
                DispatchAndTime(now);
            }
        }
        catch (Exception e)
        {
            OnFault(e);
        }
    }

    /// <summary>Ends the session from outside: a reset to both sides.</summary>
    public void Kill(SessionCause cause)
    {
        if (!IsFinished)
        {
            _connection.Abort();
            Dispatch(_context.Loop.Now);
            Finish(cause, abortUpstream: true);
        }
    }

    /// <summary>Emits an update if anything moved since the last one.</summary>
    public void ReportIfMoved()
    {
        long moved = _bytesSent + _bytesReceived;
        SessionState state = State;
        if (moved != _lastReported || state != _lastState)
        {
            _lastReported = moved;
            _lastState = state;
            _context.Events.Add(SessionEventKind.Updated, Describe(SessionCause.None));
        }
    }

    /// <summary>A copy of what is known of the session.</summary>
    public SessionInfo Describe(SessionCause cause) => new()
    {
        Id = _id,
        Device = _queue.Device.Name,
        Egress = _egress,
        Protocol = SessionProtocol.Tcp,
        Source = _client,
        Destination = _remote,
        State = cause != SessionCause.None ? SessionState.Closed : State,
        Cause = cause,
        OpenedUtcTicks = _openedTicks,
        ClosedUtcTicks = cause != SessionCause.None ? DateTime.UtcNow.Ticks : 0,
        DialDuration = _dialDuration,
        ConnectDuration = _dialNote.Connected,
        FirstByteDuration = _firstByteDuration,
        DialError = _dialError,
        BytesSent = _bytesSent,
        BytesReceived = _bytesReceived,
        PacketsSent = _packetsSent,
        PacketsReceived = _packetsReceived,
        Rule = _rule,
    };

    /// <summary>The TCP machine's values.</summary>
    public TcpSnapshot Snapshot() => _connection.Snapshot();

    /// <summary>An ICMP error about a segment of ours came back from the client's side: the client cannot be reached.</summary>
    /// <remarks>
    /// RFC 9293 3.9.2.2: a hard error should abort. It is believed if it quotes what is in flight (RFC 5927 4.1): whoever can say that has
    /// seen our segment.
    /// </remarks>
    public void OnClientUnreachable(SequenceNumber quoted)
    {
        if (_connection.IsInFlight(quoted))
        {
            bool established = _connection.State != TcpState.SynReceived;
            _connection.Drop();
            Finish(established ? SessionCause.ClientReset : SessionCause.ClientAborted, abortUpstream: true);
        }
    }

    /// <summary>The way to the client takes smaller packets only.</summary>
    public void OnClientPathMtu(int mtu, SequenceNumber quoted)
    {
        if (_connection.OnPathMtu(mtu, quoted))
        {
            _context.MarkDirty(this);
        }
    }

    private SessionState State => _connection.State switch
    {
        TcpState.SynReceived when _dialing => SessionState.Dialing,
        TcpState.SynReceived or TcpState.Established => SessionState.Open,
        _ => SessionState.Closing,
    };

    internal override void OnDeadline(Instant now)
    {
        if (IsFinished)
        {
            return;
        }

        if (_dialing && now >= _dialDeadline)
        {
            OnDialTimeout();
            return;
        }

        try
        {
            Handle(_connection.OnTimer(now));
            if (!IsFinished && now >= _resetDeadline)
            {
                PumpUpstream(now);
            }

            if (!IsFinished)
            {
                SetTimer();
            }
        }
        catch (Exception e)
        {
            OnFault(e);
        }
    }

    /// <summary>A mistake of ours ends this session and no other: both sides are reset, the fault is counted and told.</summary>
    private void OnFault(Exception error)
    {
        FlowLog.Fault(_context.Logger, _client, error);
        _queue.Counters.Drops[(int)DropReason.InternalError]++;
        if (IsFinished)
        {
            return;
        }

        _connection.Abort();
        try
        {
            Dispatch(_context.Loop.Now);
        }
        catch (Exception again)
        {
            // The state that broke the session may break its reset as well; the client will find out by itself.
            FlowLog.Fault(_context.Logger, _client, again);
        }

        Finish(SessionCause.InternalError, abortUpstream: true);
    }

    /// <summary>Acts on what the machine says.</summary>
    private void Handle(TcpEvents events)
    {
        if (events == TcpEvents.None)
        {
            return;
        }

        if ((events & (TcpEvents.Reset | TcpEvents.TimedOut)) != 0)
        {
            if ((events & TcpEvents.Reset) != 0)
            {
                _queue.Counters.ResetsReceived++;
                Finish(_dialing ? SessionCause.ClientAborted : SessionCause.ClientReset, abortUpstream: true);
            }
            else
            {
                Finish(SessionCause.ClientTimeout, abortUpstream: true);
            }

            return;
        }

        if ((events & TcpEvents.Established) != 0 && !_dialing)
        {
            LeaveHalfOpen();
        }

        if ((events & (TcpEvents.Readable | TcpEvents.PeerClosed)) != 0 && !_dialing)
        {
            PushUpstream();
        }

        // The client's bytes met a broken upstream: the connection is reset, as it would be had the client been talking to it.
        if (IsFinished || FailIfBroken())
        {
            return;
        }

        if ((events & TcpEvents.Finished) != 0)
        {
            Dispatch(_context.Loop.Now);
            OnClientFinished();
            return;
        }

        if ((events & TcpEvents.AckDue) != 0)
        {
            Dispatch(_context.Loop.Now);
        }

        _context.MarkDirty(this);
    }

    /// <summary>Both halves of the client's connection are done. What it sent may still be on its way: the session ends when that is delivered.</summary>
    private void OnClientFinished()
    {
        _clientFinished = true;
        PushUpstream();
        if (!FailIfBroken())
        {
            FinishIfDelivered();
        }
    }

    /// <summary>The end in good order. Lingering, if any, is the table's; it needs no session.</summary>
    private void FinishIfDelivered()
    {
        if (!_clientFinished || !_clientEnded || IsFinished)
        {
            return;
        }

        if (_connection.State == TcpState.TimeWait)
        {
            _queue.Flows.Linger(_key, _connection);
        }

        Finish(SessionCause.Completed, abortUpstream: false);
    }

    /// <summary>Tells the client by a reset what became of its upstream, and ends the session.</summary>
    private void ResetClient(SessionCause fate)
    {
        long before = _queue.Counters.ResetsSent;
        _connection.Abort();
        Dispatch(_context.Loop.Now);
        _queue.Counters.ResetsPassedOn += _queue.Counters.ResetsSent - before;
        Finish(fate, abortUpstream: true);
    }

    private void DispatchAndTime(Instant now)
    {
        Dispatch(now);
        SetTimer();
    }

    private void Dispatch(Instant now)
    {
        Sender sender = new(this);
        long before = _connection.Retransmits;
        _connection.Dispatch(now, ref sender);
        _queue.Counters.Retransmits += _connection.Retransmits - before;
    }

    private void SetTimer()
    {
        Instant deadline = _connection.NextDeadline;
        if (_dialing)
        {
            deadline = Instant.Min(deadline, _dialDeadline);
        }

        deadline = Instant.Min(deadline, _resetDeadline);
        if (deadline != Deadline)
        {
            _context.Loop.Timers.Schedule(this, deadline);
        }
    }

    /// <summary>Death, in one place: out of the table, buffers back, upstream closed, books closed.</summary>
    private void Finish(SessionCause cause, bool abortUpstream)
    {
        if (IsFinished)
        {
            return;
        }

        IsFinished = _finishing = true;
        LeaveHalfOpen();
        CancelDial();
        CloseUpstream(abortUpstream);
        _context.Loop.Timers.Cancel(this);
        _queue.Flows.Remove(this);
        _tally.Closed[(int)cause]++;
        _egress!.Leave();
        _context.Events.Add(SessionEventKind.Closed, Describe(cause));
        _context.LeaveSession(_queue.Device.Budgets.TcpSessions);
        _queue.Flows.LeaveCaps(SessionProtocol.Tcp, _key.Source, _key.Destination);
        _connection.Drop();
        _egress = null;

        // A dial that is still out holds the object until its answer comes. One that answered its cancellation at once left it to us.
        _finishing = false;
        if (!_dialOut)
        {
            _queue.Flows.Return(this);
        }
    }

    private void LeaveHalfOpen()
    {
        if (_halfOpen)
        {
            _halfOpen = false;
            _queue.Counters.HalfOpen--;
            _queue.Device.Budgets.HalfOpen.Return(1);
        }
    }

    private readonly struct Sender(TcpFlow flow) : ITcpSender
    {
        public void Send(TcpConnection connection, ref TcpOutput segment)
        {
            flow._packetsReceived++;
            if ((segment.Flags & TcpFlags.Rst) != 0)
            {
                flow._queue.Counters.ResetsSent++;
            }

            flow._queue.SendTcp(flow._remote, flow._client, ref segment, connection.SendBuffer);
        }
    }

    private readonly struct DirectReceiver(TcpFlow flow) : ITcpReceiver
    {
        public int Receive(ReadOnlySpan<byte> payload) => flow.SendDirect(payload);
    }
}
