using NetControl.Engine.Devices;
using NetControl.Engine.Loops;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack;
using NetControl.Stack.Icmp;
using NetControl.Stack.Ip;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <summary>Finds the flow of each packet of one queue, makes new ones, and answers what belongs to none.</summary>
/// <remarks>Owner: the queue's loop. The file finds flows; <c>.Birth</c> makes them; <c>.Icmp</c> speaks ICMP.</remarks>
internal sealed partial class FlowTable
{
    private const int MaxSpares = 4096;
    private const int MaxIncompleteDatagrams = 1024;
    private const int TimeWaitCapacity = 16_384;
    private const long TimeWaitMicros = 60_000_000;
    private const long LoopAlarmMicros = 10_000_000;
    private readonly PacketQueue _queue;
    private readonly LoopContext _context;
    private readonly Dictionary<FlowKey, TcpFlow> _tcp = [];
    private readonly Dictionary<AddrPort, UdpFlow> _udp = [];
    private readonly TimeWaitTable _lingering = new(TimeWaitCapacity, TimeWaitMicros);
    private readonly Housekeeping _housekeeping;
    private readonly Rejections _rejections;
    private readonly HalfOpenFlows _halfOpen;
    private readonly Stack<TcpFlow> _spares = new();
    private Reassembler? _reassembler;
    private Instant _nextLoopAlarm;
    private bool _closed;

    /// <summary>Makes the table of a queue.</summary>
    public FlowTable(PacketQueue queue)
    {
        _queue = queue;
        _context = queue.Context;
        _housekeeping = new Housekeeping(this);
        _rejections = new Rejections(queue);
        _halfOpen = new HalfOpenFlows((long)_context.Options.HalfOpenGrace.TotalMicroseconds);
    }

    /// <summary>Live sessions in the table.</summary>
    public int Count => _tcp.Count + _udp.Count;

    /// <summary>Takes a packet from the device.</summary>
    public DropReason OnPacket(ReadOnlySpan<byte> packet, ChecksumTrust trust)
    {
        ParseResult result = ParsedPacket.TryParse(packet, trust, out ParsedPacket parsed);
        if (result == ParseResult.Fragment)
        {
            return OnFragment(packet, parsed);
        }

        return result == ParseResult.Ok ? OnParsed(packet, parsed) : OnRefused(packet, parsed, result);
    }

    /// <summary>Takes a UDP super-datagram whose pieces share the headers; each is a datagram of its own.</summary>
    public DropReason OnDatagrams(ReadOnlySpan<byte> packet, int size)
    {
        ParseResult result = ParsedPacket.TryParse(packet, ChecksumTrust.KernelVouches, out ParsedPacket parsed);
        if (result != ParseResult.Ok || parsed.Protocol != IpProtocol.Udp || size <= 0)
        {
            return result == ParseResult.Ok ? DropReason.Malformed : OnRefused(packet, parsed, result);
        }

        DropReason reason = DropReason.None;
        int end = parsed.PayloadOffset + parsed.PayloadLength;
        for (int at = parsed.PayloadOffset; at < end; at += size)
        {
            parsed.PayloadOffset = at;
            parsed.PayloadLength = Math.Min(size, end - at);
            DropReason piece = OnParsed(packet, parsed);
            reason = piece == DropReason.None ? reason : piece;
        }

        return reason;
    }

    /// <summary>Takes a flow out. Its own <c>Finish</c> calls it.</summary>
    public void Remove(TcpFlow flow)
    {
        _tcp.Remove(flow.Key);
        _queue.Device.Directory?.Release(flow.Key);
    }

    /// <summary>Takes a UDP flow out. Its own <c>Finish</c> calls it.</summary>
    public void Remove(UdpFlow flow)
    {
        _udp.Remove(flow.Client);
        _queue.Device.Directory?.Release(DirectoryKey(flow.Client));
    }

    /// <summary>Keeps what must be remembered of a connection in TIME-WAIT.</summary>
    public void Linger(in FlowKey key, TcpConnection connection)
    {
        _lingering.Add(key, connection, _context.Loop.Now);
        WakeHousekeeping();
    }

    /// <summary>Gives the room of tables that were much larger once back.</summary>
    public void Trim()
    {
        _spares.Clear();
        _spares.TrimExcess();
        _halfOpen.Trim();
        _tcp.TrimExcess();
        _udp.TrimExcess();
    }

    /// <summary>Takes the device's limits anew.</summary>
    public void SetLimits()
    {
        if (_reassembler is { } reassembler)
        {
            reassembler.MaxBytes = ReassemblyShare;
        }
    }

    /// <summary>Ends all sessions, and gives back what is shared with other devices.</summary>
    public void Close(SessionCause cause)
    {
        CloseSessions(null, cause);
        _closed = true;
        _reassembler?.Clear();
        _rejections.Flush();
    }

    /// <summary>A connection object, as new.</summary>
    public TcpFlow Rent()
    {
        TcpFlow flow = _spares.TryPop(out TcpFlow? spare) ? spare : _context.MakeTcp(_queue);
        flow.Attach(_queue);
        return flow;
    }

    /// <summary>Takes a connection object back.</summary>
    public void Return(TcpFlow flow)
    {
        if (_spares.Count < MaxSpares && !_closed)
        {
            _spares.Push(flow);
        }
    }

    /// <summary>Ends the sessions that the selector picks. Returns how many.</summary>
    public int CloseSessions(SessionSelector? selector, SessionCause cause)
    {
        int closed = 0;
        foreach (TcpFlow flow in _tcp.Values.ToArray())
        {
            if (selector is null || selector(flow.Describe(SessionCause.None)))
            {
                flow.Kill(cause);
                closed++;
            }
        }

        foreach (UdpFlow flow in _udp.Values.ToArray())
        {
            if (selector is null || selector(flow.Describe(SessionCause.None)))
            {
                flow.Kill(cause);
                closed++;
            }
        }

        return closed;
    }

    /// <summary>Shows all sessions.</summary>
    public void Visit(ISessionVisitor visitor)
    {
        foreach (TcpFlow flow in _tcp.Values)
        {
            visitor.Visit(flow.Describe(SessionCause.None));
        }

        foreach (UdpFlow flow in _udp.Values)
        {
            visitor.Visit(flow.Describe(SessionCause.None));
        }
    }

    /// <summary>One session with its inner values.</summary>
    public SessionDetail? Find(ulong id)
    {
        foreach (TcpFlow flow in _tcp.Values)
        {
            if (flow.Id == id)
            {
                return new SessionDetail(flow.Describe(SessionCause.None), TcpDetail.From(flow.Snapshot()));
            }
        }

        foreach (UdpFlow flow in _udp.Values)
        {
            if (flow.Id == id)
            {
                return new SessionDetail(flow.Describe(SessionCause.None), null);
            }
        }

        return null;
    }

    /// <summary>The id of the session that a packet belongs to, or 0 when none lives here.</summary>
    public ulong SessionOf(byte protocol, AddrPort client, AddrPort remote)
    {
        if (protocol == IpProtocol.Tcp)
        {
            return _tcp.TryGetValue(new FlowKey(IpProtocol.Tcp, client, remote), out TcpFlow? flow) ? flow.Id : 0;
        }

        return protocol == IpProtocol.Udp && _udp.TryGetValue(client, out UdpFlow? session) ? session.Id : 0;
    }

    /// <summary>Emits updates for the sessions that moved.</summary>
    public void ReportMoved()
    {
        foreach (TcpFlow flow in _tcp.Values)
        {
            flow.ReportIfMoved();
        }

        foreach (UdpFlow flow in _udp.Values)
        {
            flow.ReportIfMoved();
        }
    }

    private DropReason OnParsed(ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        switch (parsed.Protocol)
        {
            case IpProtocol.Tcp:
                FlowKey key = parsed.Flow;
                if (_tcp.TryGetValue(key, out TcpFlow? flow))
                {
                    flow.OnPacket(packet, parsed);
                    return DropReason.None;
                }

                return OnNewTcp(packet, parsed, key);
            case IpProtocol.Udp:
                if (_udp.TryGetValue(parsed.From, out UdpFlow? session))
                {
                    return session.OnPacket(packet, parsed);
                }

                return OnNewUdp(packet, parsed);
            default:
                return OnIcmp(packet, parsed);
        }
    }

    private long ReassemblyShare => _queue.Device.Limits.MaxReassemblyBytes / _queue.Device.QueueCount;

    private DropReason OnFragment(ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        if (_closed)
        {
            return DropReason.ReassemblyLimit;
        }

        _reassembler ??= new Reassembler(
            ReassemblyShare,
            MaxIncompleteDatagrams,
            budget: _queue.Device.Budgets.Reassembly);
        long evicted = _reassembler.Evicted;
        ReassemblyResult result = _reassembler.Add(packet, parsed, _context.Loop.Now, out ReadOnlySpan<byte> whole);
        _queue.Counters.Drops[(int)DropReason.ReassemblyLimit] += _reassembler.Evicted - evicted;
        switch (result)
        {
            case ReassemblyResult.Complete:
                // A fragment inside of fragments is nobody's honest packet.
                return ParsedPacket.TryParse(whole, ChecksumTrust.Verify, out ParsedPacket complete) switch
                {
                    ParseResult.Ok => OnParsed(whole, complete),
                    ParseResult.Fragment => DropReason.BadFragment,
                    ParseResult refused => OnRefused(whole, complete, refused),
                };
            case ReassemblyResult.Held:
                WakeHousekeeping();
                return DropReason.None;
            case ReassemblyResult.Duplicate:
                return DropReason.None;
            case ReassemblyResult.Limit:
                return DropReason.ReassemblyLimit;
            default:
                return DropReason.BadFragment;
        }
    }

    /// <summary>A datagram never became whole. Its first fragment, if it came, is what the sender is told about (RFC 1122 3.3.2, RFC 8200 4.5).</summary>
    private void OnExpired(ReadOnlySpan<byte> firstFragment)
    {
        _queue.Counters.Drops[(int)DropReason.ReassemblyTimeout]++;
        if (!firstFragment.IsEmpty && !IsGroupOrBroadcast(firstFragment))
        {
            int length = IcmpErrors.WriteTimeExceeded(_context.SmallPacket, firstFragment, duringReassembly: true);
            _queue.SendIcmpError(_context.SmallPacket.AsSpan(0, length));
        }
    }

    private void WakeHousekeeping()
    {
        if (_housekeeping.DueTick < 0)
        {
            _context.Loop.Timers.Schedule(_housekeeping, _context.Loop.Now + 1_000_000);
        }
    }

    /// <summary>
    /// Once a second while there is something to tidy up: lingering connections, incomplete datagrams, refusals that were not told.
    /// </summary>
    private sealed class Housekeeping(FlowTable table) : LoopTimer
    {
        internal override void OnDeadline(Instant now)
        {
            table._lingering.Expire(now);
            while (table._reassembler is { } reassembler && reassembler.TryExpire(now, out ReadOnlySpan<byte> first))
            {
                table.OnExpired(first);
            }

            table._rejections.Flush();
            if (table._lingering.Count > 0 || table._reassembler is { Count: > 0 } || table._rejections.HasPending)
            {
                table._context.Loop.Timers.Schedule(this, now + 1_000_000);
            }
        }
    }
}
