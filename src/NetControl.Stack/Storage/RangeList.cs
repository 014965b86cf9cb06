namespace NetControl.Stack.Storage;

/// <summary>Ranges of a stream in ascending order, none of which touches another, in an array that grows as they do.</summary>
/// <remarks>Owner: one connection's assembler or scoreboard, as a field: a struct, so that it costs no object and no indirection.</remarks>
internal struct RangeList
{
    private (long Start, long End)[] _ranges = [];

    public RangeList()
    {
    }

    /// <summary>How many ranges there are.</summary>
    public int Count { get; private set; }

    /// <summary>The ranges.</summary>
    public readonly ReadOnlySpan<(long Start, long End)> Span => _ranges.AsSpan(0, Count);

    /// <summary>One of the ranges, which may be made shorter in place.</summary>
    public readonly ref (long Start, long End) this[int index] => ref _ranges[index];

    /// <summary>The index of the first range that ends at an offset or beyond it: the first that a range from there on can touch.</summary>
    public readonly int Find(long start)
    {
        int first = 0;
        while (first < Count && _ranges[first].End < start)
        {
            first++;
        }

        return first;
    }

    /// <summary>Puts a range in, joined with all that it touches.</summary>
    /// <param name="first">What <see cref="Find"/> says of its start.</param>
    /// <param name="start">Its start.</param>
    /// <param name="end">Its end.</param>
    /// <param name="most">How many ranges there may be.</param>
    /// <param name="joined">How many bytes the ranges had that are part of it now.</param>
    /// <returns>False if there was no room for another range; nothing has changed then.</returns>
    public bool Put(int first, long start, long end, int most, out long joined)
    {
        joined = 0;
        int last = first;
        while (last < Count && _ranges[last].Start <= end)
        {
            start = Math.Min(start, _ranges[last].Start);
            end = Math.Max(end, _ranges[last].End);
            joined += _ranges[last].End - _ranges[last].Start;
            last++;
        }

        if (last == first)
        {
            if (Count == most)
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
        return true;
    }

    /// <summary>Takes ranges off the front.</summary>
    public void RemoveFirst(int count)
    {
        if (count > 0)
        {
            Array.Copy(_ranges, count, _ranges, 0, Count - count);
            Count -= count;
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => Count = 0;
}
