using NetControl.Stack.Wire;

namespace NetControl.Stack.Tcp;

/// <summary>Connections in TIME-WAIT: a few numbers each instead of a whole connection, bounded in number.</summary>
/// <remarks>
/// Owner: one queue. A late segment is answered, a new SYN with a higher sequence number starts a new connection (RFC 9293 3.6.1 and
/// 3.10.7.4, RFC 6191). When the table is full the oldest entry goes: the state protects against old duplicates, and on a link that is
/// this machine itself those are a matter of microseconds.
/// </remarks>
public sealed class TimeWaitTable
{
    private readonly Dictionary<FlowKey, Entry> _entries = [];
    private readonly Queue<(FlowKey Key, Instant Until)> _order = new();
    private readonly int _capacity;
    private readonly long _micros;

    /// <summary>Makes a table.</summary>
    /// <param name="capacity">The most entries.</param>
    /// <param name="micros">How long an entry stays: 2 MSL.</param>
    public TimeWaitTable(int capacity, long micros)
    {
        _capacity = capacity;
        _micros = micros;
    }

    /// <summary>How many connections linger.</summary>
    public int Count => _entries.Count;

    /// <summary>When the oldest entry ends.</summary>
    public Instant NextDeadline => _order.TryPeek(out (FlowKey Key, Instant Until) oldest) ? oldest.Until : Instant.Never;

    /// <summary>Takes a connection over.</summary>
    public void Add(in FlowKey key, TcpConnection connection, Instant now)
    {
        // The queue is what is bounded: a socket pair that comes and goes leaves an item behind each time.
        while (_order.Count >= _capacity && _order.TryDequeue(out (FlowKey Key, Instant Until) oldest))
        {
            if (_entries.TryGetValue(oldest.Key, out Entry entry) && entry.Queued == oldest.Until)
            {
                _entries.Remove(oldest.Key);
            }
        }

        Instant until = now + _micros;
        _entries[key] = new Entry(
            connection.SendNext, connection.ReceiveNext, connection.WindowField, connection.RecentTimestamp, connection.TimestampOffset, until, until);
        _order.Enqueue((key, until));
    }

    /// <summary>Drops what has lingered long enough.</summary>
    public void Expire(Instant now)
    {
        while (_order.TryPeek(out (FlowKey Key, Instant Until) oldest) && oldest.Until <= now)
        {
            _order.Dequeue();
            if (!_entries.TryGetValue(oldest.Key, out Entry entry) || entry.Queued != oldest.Until)
            {
                continue; // reused since
            }

            if (entry.Until <= now)
            {
                _entries.Remove(oldest.Key);
                continue;
            }

            // Its wait was restarted: it stands in the queue again, further back.
            _entries[oldest.Key] = entry with { Queued = entry.Until };
            _order.Enqueue((oldest.Key, entry.Until));
        }
    }

    /// <summary>Decides on a segment.</summary>
    /// <param name="key">The connection.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="now">The time.</param>
    /// <param name="answer">With <see cref="TimeWaitVerdict.Acknowledge"/>: what to answer.</param>
    public TimeWaitVerdict OnSegment(in FlowKey key, scoped in TcpSegment segment, Instant now, out TcpOutput answer)
    {
        answer = default;
        if (_entries.Count == 0 || !_entries.TryGetValue(key, out Entry entry))
        {
            return TimeWaitVerdict.Unknown;
        }

        if (segment.Has(TcpFlags.Rst))
        {
            // RFC 1337: an RST must not end TIME-WAIT.
            return TimeWaitVerdict.Drop;
        }

        if (segment.Has(TcpFlags.Syn) && !segment.Has(TcpFlags.Ack))
        {
            // RFC 6191: a later timestamp, or a higher sequence number, proves that this is a new connection.
            bool newer = entry.Recent is { } recent && segment.Options.HasTimestamps
                ? (int)(segment.Options.TsVal - recent) > 0 || (segment.Options.TsVal == recent && segment.Seq > entry.ReceiveNext)
                : segment.Seq > entry.ReceiveNext;
            if (newer)
            {
                _entries.Remove(key);
                return TimeWaitVerdict.Reuse;
            }
        }

        if (segment.Has(TcpFlags.Fin))
        {
            // 3.10.7.4: a retransmitted FIN is acknowledged, and restarts the wait.
            _entries[key] = entry with { Until = now + _micros };
        }
        else if (segment.Length == 0 && segment.Seq == entry.ReceiveNext && segment.Ack <= entry.SendNext)
        {
            return TimeWaitVerdict.Drop; // a plain acknowledgement asks for nothing
        }

        answer = new TcpOutput { Seq = entry.SendNext, Ack = entry.ReceiveNext, Flags = TcpFlags.Ack, Window = entry.Window, SegmentSize = 1 };
        if (entry.Recent is { } echo)
        {
            answer.Options.HasTimestamps = true;
            answer.Options.TsVal = (uint)now.Millis + entry.TimestampOffset;
            answer.Options.TsEcr = echo;
        }

        return TimeWaitVerdict.Acknowledge;
    }

    private readonly record struct Entry(
        SequenceNumber SendNext, SequenceNumber ReceiveNext, ushort Window, uint? Recent, uint TimestampOffset, Instant Until, Instant Queued);
}
