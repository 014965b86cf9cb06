using NetControl.Engine.Budgets;
using NetControl.Engine.Devices;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <content>Packets that find no flow here: another loop's, a new session's, or nobody's.</content>
internal sealed partial class FlowTable
{
    private DropReason OnNewTcp(ReadOnlySpan<byte> packet, in ParsedPacket parsed, in FlowKey key)
    {
        if (IsElsewhere(key, out PacketQueue? owner))
        {
            return HandOff(owner, packet);
        }

        TcpSegment segment = new(parsed.Seq, parsed.Ack, parsed.Flags, parsed.Window, in parsed.Options, parsed.Payload(packet));
        switch (_lingering.OnSegment(key, segment, _context.Loop.Now, out TcpOutput answer))
        {
            case TimeWaitVerdict.Drop:
                return DropReason.None;
            case TimeWaitVerdict.Acknowledge:
                _queue.SendTcp(parsed.To, parsed.From, ref answer, _context.NoPayload);
                return DropReason.None;
        }

        if (IsOurBroadcast(parsed))
        {
            return DropReason.Martian; // RFC 9293 section 3.9.2.3
        }

        // RFC 9293 3.10.7.2: whatever else a SYN carries, it is a SYN; a FIN beside it will come again.
        if ((parsed.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) != TcpFlags.Syn)
        {
            return RefuseStray(parsed, segment.Length);
        }

        bool beginning = _context.Udp.Own.IsBeginning(parsed.To);
        if (_context.Udp.Own.IsOwnDial(parsed.From, parsed.To))
        {
            SendReset(parsed, segment.Length); // which ends the dial, and with it the session that wanted it
            return BreakLoop(SessionProtocol.Tcp, parsed);
        }

        if (beginning && _queue.TryPost(packet))
        {
            return DropReason.None; // another loop is about to say whether it is ours
        }

        PolicyRuleModel? rule = Judge(SessionProtocol.Tcp, parsed);
        if (rule is { Action: PolicyAction.Deny or PolicyAction.Drop })
        {
            if (rule.Action == PolicyAction.Deny)
            {
                SendReset(parsed, segment.Length);
            }

            Reject(SessionProtocol.Tcp, parsed, null, SessionCause.PolicyDenied, rule);
            return DropReason.PolicyDenied;
        }

        if ((rule?.Egress ?? _queue.Device.StreamEgress)?.Current is not { StreamDialer: not null } egress)
        {
            // Fail closed: the client learns at once that there is no way out, and nothing leaks past us.
            SendReset(parsed, segment.Length);
            Reject(SessionProtocol.Tcp, parsed, null, SessionCause.Rejected, rule);
            return DropReason.NoEgress;
        }

        if (!TryEnterHalfOpen())
        {
            Reject(SessionProtocol.Tcp, parsed, egress, SessionCause.LimitExceeded, rule);
            return DropReason.HalfOpenLimit; // silence: the client tries again, a flood gets nothing to feed on
        }

        if (!_context.TryEnterSession(_queue.Device.Budgets.TcpSessions))
        {
            _queue.Device.Budgets.HalfOpen.Return(1);
            SendReset(parsed, segment.Length);
            Reject(SessionProtocol.Tcp, parsed, egress, SessionCause.LimitExceeded, rule);
            return DropReason.SessionLimit;
        }

        if (EnterCaps(SessionProtocol.Tcp, parsed) is var cap && cap != DropReason.None)
        {
            _queue.Device.Budgets.HalfOpen.Return(1);
            _context.LeaveSession(_queue.Device.Budgets.TcpSessions);
            SendReset(parsed, segment.Length);
            Reject(SessionProtocol.Tcp, parsed, egress, CauseOf(cap), rule);
            return cap;
        }

        if (_queue.Device.Directory?.Claim(key, _queue.Index) is { } index && index != _queue.Index)
        {
            _queue.Device.Budgets.HalfOpen.Return(1);
            _context.LeaveSession(_queue.Device.Budgets.TcpSessions);
            LeaveCaps(SessionProtocol.Tcp, parsed.From, parsed.To);
            return HandOff(_queue.Device.Queues[index], packet);
        }

        TcpFlow flow = Rent();
        _tcp.Add(key, flow);
        flow.Open(key, packet, parsed, egress, rule);
        if (flow.IsHalfOpen)
        {
            _halfOpen.Add(flow, _context.Loop.Now, _queue.Counters.HalfOpen);
        }

        return DropReason.None;
    }

    private bool TryEnterHalfOpen()
    {
        if (_queue.Device.Budgets.HalfOpen.TryTake(1))
        {
            return true;
        }

        // Whoever has hung for long gives way; its client learns it by a reset.
        _halfOpen.TakeHanging(_context.Loop.Now)?.Kill(SessionCause.LimitExceeded);
        return _queue.Device.Budgets.HalfOpen.TryTake(1);
    }

    /// <summary>Counts a session out that <see cref="EnterCaps"/> let in.</summary>
    public void LeaveCaps(SessionProtocol protocol, AddrPort source, AddrPort destination)
    {
        _queue.Device.Budgets.Sources.Leave(source.Address);
        if (protocol == SessionProtocol.Tcp)
        {
            _queue.Device.Budgets.Destinations.Leave(destination);
        }
    }

    // A UDP session has any number of destinations, so it counts for none.
    private DropReason EnterCaps(SessionProtocol protocol, in ParsedPacket parsed)
    {
        DeviceBudgets budgets = _queue.Device.Budgets;
        if (!budgets.Sources.TryEnter(parsed.From.Address))
        {
            return DropReason.SourceLimit;
        }

        if (protocol == SessionProtocol.Tcp && !budgets.Destinations.TryEnter(parsed.To))
        {
            budgets.Sources.Leave(parsed.From.Address);
            return DropReason.DestinationLimit;
        }

        return DropReason.None;
    }

    private static SessionCause CauseOf(DropReason cap) =>
        cap == DropReason.SourceLimit ? SessionCause.SourceLimit : SessionCause.DestinationLimit;

    private PolicyRuleModel? Judge(SessionProtocol protocol, in ParsedPacket parsed)
    {
        PolicyRuleModel? rule = _queue.Device.Policy?.Judge(protocol, parsed.From, parsed.To);
        rule?.Hits.Add();
        return rule;
    }

    private void Reject(SessionProtocol protocol, in ParsedPacket parsed, EgressModel? egress, SessionCause cause, PolicyRuleModel? rule)
    {
        _rejections.Add(protocol, parsed.From, parsed.To, egress, cause, rule);
        if (_rejections.HasPending)
        {
            WakeHousekeeping();
        }
    }

    /// <summary>A packet of an upstream socket of ours came back: a session for it would dial again, and its packets come back too.</summary>
    private DropReason BreakLoop(SessionProtocol protocol, in ParsedPacket parsed)
    {
        Reject(protocol, parsed, null, SessionCause.UpstreamLoop, null);
        if (_context.Loop.Now >= _nextLoopAlarm)
        {
            _nextLoopAlarm = _context.Loop.Now + LoopAlarmMicros;
            EngineOptions options = _context.Options;
            FlowLog.UpstreamLoop(
                _context.Logger,
                _queue.Device.Name,
                parsed.From,
                parsed.To,
                parsed.From.IsV4 ? "-4" : "-6",
                options.RulePriority - 1,
                $"0x{options.Mark:x}");
        }

        return DropReason.UpstreamLoop;
    }

    private DropReason OnNewUdp(ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        if (parsed.IsMulticastDestination || _queue.Device.Subnets.IsBroadcast(parsed.Destination))
        {
            return DropReason.Multicast; // there is no group to join behind a proxy
        }

        if (_queue.Device.Subnets.IsBroadcast(parsed.Source))
        {
            return DropReason.Martian;
        }

        FlowKey key = DirectoryKey(parsed.From);
        if (IsElsewhere(key, out PacketQueue? owner))
        {
            return HandOffDatagram(owner, packet, parsed);
        }

        if (_context.Udp.Own.IsOwnDatagram(parsed.From))
        {
            SendUnreachable(packet, UnreachableReason.Prohibited);
            return BreakLoop(SessionProtocol.Udp, parsed);
        }

        PolicyRuleModel? rule = Judge(SessionProtocol.Udp, parsed);
        if (rule is { Action: PolicyAction.Deny or PolicyAction.Drop })
        {
            if (rule.Action == PolicyAction.Deny)
            {
                SendUnreachable(packet, UnreachableReason.Prohibited);
            }

            Reject(SessionProtocol.Udp, parsed, null, SessionCause.PolicyDenied, rule);
            return DropReason.PolicyDenied;
        }

        if ((rule?.Egress ?? _queue.Device.PacketEgress)?.Current is not { PacketProxy: not null } egress)
        {
            SendUnreachable(packet, UnreachableReason.Prohibited);
            Reject(SessionProtocol.Udp, parsed, null, SessionCause.Rejected, rule);
            return DropReason.NoEgress;
        }

        if (!_context.TryEnterSession(_queue.Device.Budgets.UdpSessions))
        {
            SendUnreachable(packet, UnreachableReason.Prohibited);
            Reject(SessionProtocol.Udp, parsed, egress, SessionCause.LimitExceeded, rule);
            return DropReason.SessionLimit;
        }

        if (EnterCaps(SessionProtocol.Udp, parsed) is var cap && cap != DropReason.None)
        {
            _context.LeaveSession(_queue.Device.Budgets.UdpSessions);
            SendUnreachable(packet, UnreachableReason.Prohibited);
            Reject(SessionProtocol.Udp, parsed, egress, CauseOf(cap), rule);
            return cap;
        }

        if (_queue.Device.Directory?.Claim(key, _queue.Index) is { } index && index != _queue.Index)
        {
            _context.LeaveSession(_queue.Device.Budgets.UdpSessions);
            LeaveCaps(SessionProtocol.Udp, parsed.From, parsed.To);
            return HandOffDatagram(_queue.Device.Queues[index], packet, parsed);
        }

        UdpFlow flow = _context.RentUdp();
        _udp.Add(parsed.From, flow);
        return flow.Open(_queue, packet, parsed, egress, rule);
    }

    /// <summary>A segment for a connection that does not exist (RFC 9293 3.10.7.1, CLOSED): a reset, unless it is one itself.</summary>
    private DropReason RefuseStray(in ParsedPacket parsed, int length)
    {
        if ((parsed.Flags & TcpFlags.Rst) == 0)
        {
            SendReset(parsed, length);
        }

        return DropReason.NoSession;
    }

    private void SendReset(in ParsedPacket parsed, int length)
    {
        bool hasAck = (parsed.Flags & TcpFlags.Ack) != 0;
        TcpOptions none = default;
        _queue.Counters.ResetsSent++;
        _queue.SendStateless(
            parsed.To,
            parsed.From,
            hasAck ? parsed.Ack : default,
            hasAck ? default : parsed.Seq + length,
            hasAck ? TcpFlags.Rst : TcpFlags.Rst | TcpFlags.Ack,
            none);
    }

    private void SendUnreachable(ReadOnlySpan<byte> packet, UnreachableReason reason)
    {
        int length = IcmpErrors.WriteUnreachable(_context.SmallPacket, packet, reason);
        _queue.SendIcmpError(_context.SmallPacket.AsSpan(0, length));
    }

    private bool IsElsewhere(in FlowKey key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PacketQueue? owner)
    {
        owner = null;
        if (_queue.Device.Directory is not { } directory)
        {
            return false;
        }

        int index = directory.Find(key);
        if (index < 0 || index == _queue.Index)
        {
            return false;
        }

        owner = _queue.Device.Queues[index];
        return true;
    }

    /// <summary>Copies a packet and posts it to the loop that owns its flow. Rare: the kernel keeps a flow where its answers come from.</summary>
    private static DropReason HandOff(PacketQueue owner, ReadOnlySpan<byte> packet) =>
        owner.TryPost(packet) ? DropReason.None : DropReason.HandOffFull;

    /// <summary>The same for a datagram, which may be one piece of a super-datagram: then it gets headers of its own.</summary>
    private DropReason HandOffDatagram(PacketQueue owner, ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        if (parsed.PayloadOffset + parsed.PayloadLength == parsed.TotalLength && parsed.PayloadOffset == parsed.TransportOffset + UdpHeader.Length)
        {
            return HandOff(owner, packet);
        }

        byte[] room = _context.LargePacket;
        int length = UdpPacket.Write(room, parsed.From, parsed.To, parsed.Payload(packet));
        return HandOff(owner, room.AsSpan(0, length));
    }

    /// <summary>A UDP source socket is one session whatever its destinations, so its key has none.</summary>
    private static FlowKey DirectoryKey(AddrPort client) => new(IpProtocol.Udp, client, default);
}
