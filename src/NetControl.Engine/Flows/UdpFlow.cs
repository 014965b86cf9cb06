using NetControl.Engine.Devices;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <summary>One UDP session: a source socket of the application side, whatever its destinations (RFC 4787 REQ-1), open to answers from anywhere.</summary>
/// <remarks>
/// Owner: the loop whose queue delivered the first datagram. The proxy may call the receiver's side from any thread: off the loop a datagram
/// is copied once and posted. Lifetime: ends when the proxy closes the receiver (idle, upstream gone), when the device closes, or when an
/// operator says so. Objects are pooled; the receiver that the proxy sees is made anew for each session, so that a late call of an old
/// session cannot reach a new one.
/// </remarks>
internal sealed class UdpFlow
{
    private readonly LoopContext _context;
    private PacketQueue _queue = null!;
    private UdpReceiver? _receiver;
    private IPacketRequestSender? _sender;
    private EgressModel? _egress;
    private ContactedAddresses? _contacted;
    private PolicyRuleModel? _rule;
    private PolicyRuleModel? _verdict;
    private PolicyModel? _judgedBy;
    private AddrPort _judgedRemote;
    private SessionTally _tally = null!;
    private ulong _id;
    private AddrPort _firstRemote;
    private long _openedTicks;
    private long _bytesSent;
    private long _bytesReceived;
    private long _packetsSent;
    private long _packetsReceived;
    private long _lastReported;

    /// <summary>Makes an object for the pool of a loop.</summary>
    public UdpFlow(LoopContext context)
    {
        _context = context;
    }

    /// <summary>The application's socket.</summary>
    public AddrPort Client { get; private set; }

    /// <summary>The session's id.</summary>
    public ulong Id => _id;

    /// <summary>Begins a session with its first datagram.</summary>
    public DropReason Open(PacketQueue queue, ReadOnlySpan<byte> packet, in ParsedPacket parsed, EgressModel egress, PolicyRuleModel? rule)
    {
        _queue = queue;
        _egress = egress;
        _rule = rule;
        _judgedRemote = parsed.To;
        _judgedBy = queue.Device.Policy;
        _verdict = rule;
        Client = parsed.From;
        _firstRemote = parsed.To;
        _id = _context.NextSessionId();
        _openedTicks = DateTime.UtcNow.Ticks;
        _bytesSent = _bytesReceived = _packetsSent = _packetsReceived = _lastReported = 0;
        _contacted = queue.Device.UdpFiltering == UdpFiltering.AddressDependent ? new ContactedAddresses() : null;
        _tally = _context.Tally(queue.Device.Name, egress.DelegateName, SessionProtocol.Udp, Client.IsV4);
        _tally.Opened++;
        egress.Enter();
        UdpReceiver receiver = new(_context.Loop, this);
        _receiver = receiver;
        _context.Events.Add(SessionEventKind.Opened, Describe(SessionCause.None));
        try
        {
            IPacketRequestSender sender = egress.PacketProxy!.NewSession(receiver);
            if (_receiver != receiver)
            {
                return DropReason.NoEgress; // the proxy closed it before it returned
            }

            _sender = sender;
        }
        catch (Exception e) when (e is not (DialException or NetworkException or IOException))
        {
            SendUnreachable(packet, UnreachableReason.Host);
            OnFault(e);
            return DropReason.InternalError;
        }
        catch (Exception e)
        {
            FlowLog.UdpSessionFailed(_context.Logger, Client, egress.ProxyName, e.Message);
            bool limit = e is DialException { Failure: DialFailure.LocalLimit };
            SendUnreachable(packet, (e as DialException)?.Failure switch
            {
                DialFailure.NotAllowed => UnreachableReason.Prohibited,
                DialFailure.Refused => UnreachableReason.Port,
                DialFailure.NetworkUnreachable => UnreachableReason.Network,
                _ => UnreachableReason.Host,
            });
            Finish(limit ? SessionCause.LimitExceeded : SessionCause.DialFailed);
            return DropReason.NoEgress;
        }

        return OnPacket(packet, parsed);
    }

    /// <summary>Sends a datagram of the client on.</summary>
    public DropReason OnPacket(ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        if (parsed.IsMulticastDestination || _queue.Device.Subnets.IsBroadcast(parsed.Destination))
        {
            return DropReason.Multicast;
        }

        if (Judge(parsed) is { Action: PolicyAction.Deny or PolicyAction.Drop } refusal)
        {
            if (refusal.Action == PolicyAction.Deny)
            {
                SendUnreachable(packet, UnreachableReason.Prohibited);
            }

            return DropReason.PolicyDenied;
        }

        _contacted?.Add(parsed.Destination);

        UdpReceiver? receiver = _receiver;
        try
        {
            if (_packetsReceived == 0)
            {
                // Who has answered is there; who has not may turn out not to be, and the report must quote this packet.
                _context.RecentDatagrams.Add(parsed, packet);
            }

            ReadOnlySpan<byte> payload = parsed.Payload(packet);
            _sender!.WriteTo(payload, parsed.To);
            if (_receiver != receiver)
            {
                return DropReason.SessionClosed; // the proxy ended the session instead of sending, and the books are closed
            }

            _packetsSent++;
            _bytesSent += payload.Length;
            _tally.BytesSent += payload.Length;
            return DropReason.None;
        }
        catch (NetworkException e)
        {
            switch (e.Error)
            {
                case NetworkError.PortUnreachable:
                    SendUnreachable(packet, UnreachableReason.Port);
                    return DropReason.NoEgress;
                case NetworkError.MessageTooLarge:
                    return DropReason.TooLarge;
                case NetworkError.InvalidMessage:
                    return DropReason.Malformed;
                default:
                    Finish(SessionCause.UpstreamClosed);
                    return DropReason.SessionClosed;
            }
        }
        catch (Exception e)
        {
            OnFault(e);
            return DropReason.InternalError;
        }
    }

    /// <summary>The rule for a datagram. A session has many destinations, each of which may be refused; its way out is the first one's.</summary>
    private PolicyRuleModel? Judge(in ParsedPacket parsed)
    {
        PolicyModel? policy = _queue.Device.Policy;
        if (policy is null)
        {
            return null;
        }

        if (!ReferenceEquals(policy, _judgedBy) || parsed.To != _judgedRemote)
        {
            _judgedBy = policy;
            _judgedRemote = parsed.To;
            _verdict = policy.Judge(SessionProtocol.Udp, Client, parsed.To);
            _verdict.Hits.Add();
        }

        return _verdict;
    }

    /// <summary>A datagram for the client. On the loop.</summary>
    public void OnReply(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (source.IsV4 != Client.IsV4 || payload.Length > UdpPacket.MaxPayload(Client.Address))
        {
            _queue.Counters.Drops[(int)DropReason.TooLarge]++;
            return;
        }

        if (_contacted?.Contains(source.Address) == false)
        {
            _queue.Counters.Drops[(int)DropReason.Filtered]++;
            return;
        }

        _packetsReceived++;
        _bytesReceived += payload.Length;
        _tally.BytesReceived += payload.Length;
        _queue.SendUdp(source, Client, payload);
    }

    /// <summary>The network said that a datagram to this destination cannot be delivered. On the loop.</summary>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason)
    {
        if (destination.IsV4 != Client.IsV4 || _contacted?.Contains(destination.Address) == false)
        {
            return;
        }

        byte[] room = _context.SmallPacket;
        int length = _context.RecentDatagrams.TryFind(Client, destination, out ReadOnlySpan<byte> quote)
            ? IcmpErrors.WriteUnreachable(room, Client.Address, destination.Address, reason, quote)
            : IcmpErrors.WriteUdpUnreachable(room, Client, destination, reason);
        _queue.SendIcmpError(room.AsSpan(0, length));
    }

    /// <summary>The proxy has closed the receiver. On the loop.</summary>
    public void OnProxyClosed()
    {
        SessionCause cause = _sender is IPacketSessionOutcome outcome
            ? outcome.End switch
            {
                PacketSessionEnd.Idle => SessionCause.Idle,
                PacketSessionEnd.UpstreamFailed => SessionCause.UpstreamError,
                _ => SessionCause.UpstreamClosed,
            }
            : SessionCause.UpstreamClosed;
        Finish(cause);
    }

    /// <summary>Ends the session from outside.</summary>
    public void Kill(SessionCause cause) => Finish(cause);

    /// <summary>Emits an update if anything moved since the last one.</summary>
    public void ReportIfMoved()
    {
        long moved = _packetsSent + _packetsReceived;
        if (moved != _lastReported)
        {
            _lastReported = moved;
            _context.Events.Add(SessionEventKind.Updated, Describe(SessionCause.None));
        }
    }

    /// <summary>A copy of what is known of the session.</summary>
    public SessionInfo Describe(SessionCause cause) => new()
    {
        Id = _id,
        Device = _queue.Device.Name,
        Egress = _egress,
        Protocol = SessionProtocol.Udp,
        Source = Client,
        Destination = _firstRemote,
        State = cause != SessionCause.None ? SessionState.Closed : SessionState.Open,
        Cause = cause,
        OpenedUtcTicks = _openedTicks,
        ClosedUtcTicks = cause != SessionCause.None ? DateTime.UtcNow.Ticks : 0,
        DialDuration = default,
        BytesSent = _bytesSent,
        BytesReceived = _bytesReceived,
        PacketsSent = _packetsSent,
        PacketsReceived = _packetsReceived,
        Rule = _rule,
    };

    private void Finish(SessionCause cause)
    {
        if (_receiver is not { } receiver)
        {
            return;
        }

        _receiver = null;
        receiver.Detach();
        _queue.Flows.Remove(this);
        _tally.Closed[(int)cause]++;
        _egress!.Leave();
        _context.Events.Add(SessionEventKind.Closed, Describe(cause));
        _context.LeaveSession(_queue.Device.Budgets.UdpSessions);
        _queue.Flows.LeaveCaps(SessionProtocol.Udp, Client, default);
        IPacketRequestSender? sender = _sender;
        _sender = null;
        _egress = null;
        try
        {
            sender?.Close();
        }
        catch (NetworkException)
        {
            // It was closed already: that is how most sessions end.
        }
        catch (Exception e)
        {
            FlowLog.Fault(_context.Logger, Client, e); // a proxy's fault must not become the loop's
        }

        _context.Return(this);
    }

    /// <summary>A proxy threw what no proxy should. The session pays for it, not the loop.</summary>
    private void OnFault(Exception error)
    {
        FlowLog.Fault(_context.Logger, Client, error);
        Finish(SessionCause.InternalError);
    }

    private void SendUnreachable(ReadOnlySpan<byte> packet, UnreachableReason reason)
    {
        int length = IcmpErrors.WriteUnreachable(_context.SmallPacket, packet, reason);
        _queue.SendIcmpError(_context.SmallPacket.AsSpan(0, length));
    }
}
