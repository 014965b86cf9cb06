using System.Diagnostics;

namespace NetControl.Stack.Storage;

/// <summary>Remembers which ranges of a stream have arrived beyond the in-order part: the holes of RFC 9293 section 3.10.7.4, as a sorted list.</summary>
/// <remarks>
/// Owner: one connection. Offsets are 64-bit stream offsets, so nothing wraps. The list is short and bounded: a sender that scatters its
/// bytes over more holes than <see cref="MaxRanges"/> has its newest range refused, which costs it a retransmission and us nothing.
/// </remarks>
public sealed class Assembler
{
    /// <summary>The most separate ranges kept.</summary>
    public const int MaxRanges = 64;

    private RangeList _ranges = new();
    private int _latest = -1;

    /// <summary>How many separate ranges there are.</summary>
    public int Count => _ranges.Count;

    /// <summary>The ranges in ascending order.</summary>
    public ReadOnlySpan<(long Start, long End)> Ranges => _ranges.Span;

    /// <summary>The end of the highest range, or 0.</summary>
    public long End => Count == 0 ? 0 : _ranges[Count - 1].End;

    /// <summary>The index of the range that the latest <see cref="Add"/> touched: SACK's first block (RFC 2018 section 4).</summary>
    public int Latest => _latest;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _ranges.Clear();
        _latest = -1;
    }

    /// <summary>Whether all bytes of a range have arrived.</summary>
    public bool Contains(long start, long end)
    {
        foreach ((long s, long e) in Ranges)
        {
            if (start >= s && end <= e)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether <see cref="Add"/> would take a range: there is room for another, or it touches one that is there.</summary>
    public bool CanAdd(long start, long end)
    {
        if (Count < MaxRanges || end <= start)
        {
            return true;
        }

        foreach ((long s, long e) in Ranges)
        {
            if (start <= e && s <= end)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds a range, joining it with what it touches. Empty ranges are ignored.</summary>
    /// <returns>False if there was no room for another separate range; nothing has changed then.</returns>
    public bool Add(long start, long end)
    {
        if (end <= start)
        {
            return true;
        }

        int first = _ranges.Find(start);
        if (!_ranges.Put(first, start, end, MaxRanges, out _))
        {
            return false;
        }

        _latest = first;
        return true;
    }

    /// <summary>The in-order part has reached this offset: takes the ranges that it touches and returns how far it now reaches.</summary>
    public long Advance(long offset)
    {
        int taken = 0;
        while (taken < Count && _ranges[taken].Start <= offset)
        {
            offset = Math.Max(offset, _ranges[taken].End);
            taken++;
        }

        if (taken > 0)
        {
            _ranges.RemoveFirst(taken);
            _latest = Math.Max(-1, _latest - taken);
        }

        Debug.Assert(Count == 0 || _ranges[0].Start > offset, "a hole lies before the first range");
        return offset;
    }
}
