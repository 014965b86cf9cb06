namespace NetControl.Transport.Http2.Hpack;

/// <summary>The fields that a connection's other side has asked to remember (RFC 7541 sections 2.3.2 and 4).</summary>
/// <remarks>A ring, the newest entry at index 0. Never holds more than <see cref="MaxSize"/> by the standard's count.</remarks>
internal sealed class HpackDynamicTable
{
    // The smallest entry counts 32.
    private readonly HpackEntry[] _ring;
    private int _newest;

    /// <summary>Makes a table that may grow to a size.</summary>
    public HpackDynamicTable(int limit)
    {
        Limit = MaxSize = limit;
        _ring = new HpackEntry[limit / 32];
    }

    /// <summary>The size that we have allowed.</summary>
    public int Limit { get; }

    /// <summary>The size that the other side has chosen; at most <see cref="Limit"/>.</summary>
    public int MaxSize { get; private set; }

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>Their size.</summary>
    public int Size { get; private set; }

    /// <summary>An entry, the newest being 0.</summary>
    public HpackEntry this[int index] => _ring[(_newest + index) % _ring.Length];

    /// <summary>Takes the other side's choice; false if it is more than was allowed.</summary>
    public bool TryResize(int maxSize)
    {
        if (maxSize > Limit)
        {
            return false;
        }

        MaxSize = maxSize;
        Evict(maxSize);
        return true;
    }

    /// <summary>Adds an entry. One that is larger than the table empties it (RFC 7541 section 4.4).</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int size = HpackEntry.SizeOf(name.Length, value.Length);
        if (size > MaxSize)
        {
            Evict(0);
            return;
        }

        // The name may be that of an entry which has to go for this one.
        HpackEntry entry = new(name.ToArray(), value.ToArray());
        Evict(MaxSize - size);
        _newest = (_newest + _ring.Length - 1) % _ring.Length;
        _ring[_newest] = entry;
        Count++;
        Size += size;
    }

    private void Evict(int size)
    {
        while (Size > size)
        {
            int oldest = (_newest + --Count) % _ring.Length;
            Size -= _ring[oldest].Size;
            _ring[oldest] = default;
        }
    }
}
