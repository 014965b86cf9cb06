using NetControl.Stack;

namespace NetControl.Engine.Flows;

/// <summary>The sessions of a queue whose dial or handshake goes on, oldest first: who gives way when there are too many.</summary>
/// <remarks>
/// <para>Owner: the queue's loop. A SYN beyond the limit is dropped, and the client tries again. To let the newest push out the oldest
/// would
/// turn a flood of SYNs into as many dials and let it kill every honest one on its way; to refuse all newcomers would let a few thousand
/// dials into the void hold the table until they time out. So only those give way that have hung for longer than honest ones do: a
/// flood is bounded to so many dials in that time, and a place falls free as soon.</para>
/// <para>Entries are dropped lazily; the list never grows beyond twice what is half open.</para>
/// </remarks>
internal sealed class HalfOpenFlows(long graceMicros)
{
    private const int Slack = 64;
    private Queue<Entry> _oldestFirst = new();

    /// <summary>Adds a session that has just begun.</summary>
    public void Add(TcpFlow flow, Instant now, long halfOpen)
    {
        if (_oldestFirst.Count > (2 * halfOpen) + Slack)
        {
            _oldestFirst = new Queue<Entry>(_oldestFirst.Where(static entry => entry.IsHalfOpen));
        }

        _oldestFirst.Enqueue(new Entry(flow, flow.Id, now));
    }

    /// <summary>The oldest session, taken out, if it has hung for so long that it must give way; otherwise null.</summary>
    public TcpFlow? TakeHanging(Instant now)
    {
        while (_oldestFirst.TryPeek(out Entry oldest))
        {
            if (!oldest.IsHalfOpen)
            {
                _oldestFirst.Dequeue();
                continue;
            }

            if (now - oldest.Since < graceMicros)
            {
                return null;
            }

            _oldestFirst.Dequeue();
            return oldest.Flow;
        }

        return null;
    }

    /// <summary>Gives the list's room back.</summary>
    public void Trim() => _oldestFirst = new Queue<Entry>(_oldestFirst.Where(static entry => entry.IsHalfOpen));

    private readonly record struct Entry(TcpFlow Flow, ulong Id, Instant Since)
    {
        // Flow objects are pooled: the id tells whether this is still the session that was meant.
        public bool IsHalfOpen => Flow.Id == Id && Flow.IsHalfOpen;
    }
}
