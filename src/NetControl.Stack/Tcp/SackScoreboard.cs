namespace NetControl.Stack.Tcp;

/// <summary>What the peer holds beyond its cumulative acknowledgement (RFC 2018).</summary>
/// <remarks>Owner: one connection. Ranges are kept as offsets of the send stream, sorted and disjoint, at most <see cref="MaxRanges"/>.</remarks>
public sealed class SackScoreboard
{
    /// <summary>The most ranges kept. A block beyond is ignored: it costs a needless retransmission at worst.</summary>
    public const int MaxRanges = 128;

    private (long Start, long End)[] _ranges = [];

    /// <summary>How many ranges are held.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes in all ranges.</summary>
    public long SackedBytes { get; private set; }

    /// <summary>The end of the highest range, or 0.</summary>
    public long Highest => Count == 0 ? 0 : _ranges[Count - 1].End;

    /// <summary>The start of the lowest range; there must be one.</summary>
    public long Lowest => _ranges[0].Start;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Count = 0;
        SackedBytes = 0;
    }

    /// <summary>Adds a block. Returns whether it told anything new.</summary>
    public bool Add(long start, long end)
    {
        int first = 0;
        while (first < Count && _ranges[first].End < start)
        {
            first++;
        }

        if (first < Count && _ranges[first].Start <= start && _ranges[first].End >= end)
        {
            return false;
        }

        int last = first;
        long removed = 0;
        while (last < Count && _ranges[last].Start <= end)
        {
            start = Math.Min(start, _ranges[last].Start);
            end = Math.Max(end, _ranges[last].End);
            removed += _ranges[last].End - _ranges[last].Start;
            last++;
        }

        if (last == first)
        {
            if (Count == MaxRanges)
            {
                return false;
            }

            if (Count == _ranges.Length)
            {
                Array.Resize(ref _ranges, Math.Max(4, _ranges.Length * 2));
            }

            Array.Copy(_ranges, first, _ranges, first + 1, Count - first);
            Count++;
        }
        else if (last - first > 1)
        {
            Array.Copy(_ranges, last, _ranges, first + 1, Count - last);
            Count -= last - first - 1;
        }

        _ranges[first] = (start, end);
        SackedBytes += end - start - removed;
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

        if (taken > 0)
        {
            Array.Copy(_ranges, taken, _ranges, 0, Count - taken);
            Count -= taken;
        }

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
