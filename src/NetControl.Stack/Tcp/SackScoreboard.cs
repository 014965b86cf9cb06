using NetControl.Stack.Storage;

namespace NetControl.Stack.Tcp;

/// <summary>What the peer holds beyond its cumulative acknowledgement (RFC 2018).</summary>
/// <remarks>Owner: one connection. Ranges are kept as offsets of the send stream, sorted and disjoint, at most <see cref="MaxRanges"/>.</remarks>
public sealed class SackScoreboard
{
    /// <summary>The most ranges kept. A block beyond is ignored: it costs a needless retransmission at worst.</summary>
    public const int MaxRanges = 128;

    private RangeList _ranges = new();

    /// <summary>How many ranges are held.</summary>
    public int Count => _ranges.Count;

    /// <summary>Bytes in all ranges.</summary>
    public long SackedBytes { get; private set; }

    /// <summary>The end of the highest range, or 0.</summary>
    public long Highest => Count == 0 ? 0 : _ranges[Count - 1].End;

    /// <summary>The start of the lowest range; there must be one.</summary>
    public long Lowest => _ranges[0].Start;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _ranges.Clear();
        SackedBytes = 0;
    }

    /// <summary>Adds a block. Returns whether it told anything new.</summary>
    public bool Add(long start, long end)
    {
        int first = _ranges.Find(start);
        if (first < Count && _ranges[first].Start <= start && _ranges[first].End >= end)
        {
            return false;
        }

        if (!_ranges.Put(first, start, end, MaxRanges, out long joined))
        {
            return false;
        }

        SackedBytes += _ranges[first].End - _ranges[first].Start - joined;
        return true;
    }

    /// <summary>The cumulative acknowledgement has reached this offset.</summary>
    public void Trim(long una)
    {
        int taken = 0;
        while (taken < Count && _ranges[taken].End <= una)
        {
            SackedBytes -= _ranges[taken].End - _ranges[taken].Start;
            taken++;
        }

        _ranges.RemoveFirst(taken);
        if (Count > 0 && _ranges[0].Start < una)
        {
            SackedBytes -= una - _ranges[0].Start;
            _ranges[0].Start = una;
        }
    }

    /// <summary>The first hole at or after an offset.</summary>
    /// <param name="from">Where to look from.</param>
    /// <param name="limit">Where to stop: the end of the stream sent so far.</param>
    /// <param name="start">The hole's start.</param>
    /// <param name="end">The hole's end.</param>
    public bool TryNextHole(long from, long limit, out long start, out long end)
    {
        start = from;
        for (int i = 0; i < Count; i++)
        {
            (long s, long e) = _ranges[i];
            if (start < s)
            {
                end = Math.Min(s, limit);
                return start < end;
            }

            start = Math.Max(start, e);
        }

        end = limit;
        return start < limit;
    }
}
