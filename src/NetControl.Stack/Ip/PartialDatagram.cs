using System.Buffers;

namespace NetControl.Stack.Ip;

/// <summary>A datagram that is still missing fragments: its bytes where they belong, and which of them are there.</summary>
/// <remarks>Owner: one <see cref="Reassembler"/>, which reuses it for the next datagram.</remarks>
internal sealed class PartialDatagram
{
    /// <summary>The most fragments of one datagram; enough for the largest one at the smallest sensible MTU of 296.</summary>
    public const int MaxFragments = 256;

    /// <summary>Room in front of the data, so that the header of the whole needs no second copy; the most that headers may take.</summary>
    public const int Headroom = 256;

    /// <summary>The length of a datagram whose last fragment has not come.</summary>
    public const int UnknownLength = -1;

    private readonly List<(int Start, int End)> _fragments = [];
    private int _received;
    private int _end;

    public PartialDatagram() => Node = new LinkedListNode<PartialDatagram>(this);

    /// <summary>Its place among the others, oldest first.</summary>
    public LinkedListNode<PartialDatagram> Node { get; }

    /// <summary>What its fragments have in common.</summary>
    public FragmentKey Key { get; private set; }

    /// <summary>When the wait for the rest ends.</summary>
    public Instant Deadline { get; private set; }

    /// <summary>Headroom and data; null before the first fragment and after the datagram was condemned.</summary>
    public byte[]? Buffer { get; private set; }

    /// <summary>The length of the first fragment's headers, which stand right before the data; 0 until that fragment has come.</summary>
    public int HeaderLength { get; private set; }

    /// <summary>Where the first fragment's data ends.</summary>
    public int FirstFragmentEnd { get; private set; }

    /// <summary>The length of the data, or <see cref="UnknownLength"/>.</summary>
    public int Length { get; private set; }

    /// <summary>Why the datagram was given up; Held while it was not. What still comes of it is dropped for the same reason.</summary>
    public ReassemblyResult Verdict { get; private set; }

    /// <summary>Whether every byte is there.</summary>
    public bool IsComplete => Length != UnknownLength && _received == Length;

    /// <summary>The headers of the first fragment.</summary>
    public Span<byte> Header => Buffer.AsSpan(Headroom - HeaderLength, HeaderLength);

    /// <summary>Makes it a datagram of which nothing is known.</summary>
    public void Start(in FragmentKey key, Instant deadline)
    {
        Key = key;
        Deadline = deadline;
        Buffer = null;
        HeaderLength = 0;
        FirstFragmentEnd = 0;
        Length = UnknownLength;
        Verdict = ReassemblyResult.Held;
        _fragments.Clear();
        _received = 0;
        _end = 0;
    }

    /// <summary>Says whether a fragment fits to the others: Held when it does, otherwise what is wrong.</summary>
    public ReassemblyResult Judge(int start, ReadOnlySpan<byte> data, bool isLast)
    {
        int end = start + data.Length;
        foreach ((int otherStart, int otherEnd) in _fragments)
        {
            if (start == otherStart && end == otherEnd)
            {
                bool same = data.SequenceEqual(Buffer.AsSpan(Headroom + start, data.Length)) && isLast == (end == Length);
                return same ? ReassemblyResult.Duplicate : ReassemblyResult.Overlap;
            }

            if (start < otherEnd && otherStart < end)
            {
                return ReassemblyResult.Overlap;
            }
        }

        bool contradicts = Length == UnknownLength ? isLast && end < _end : isLast || end > Length;
        if (contradicts)
        {
            return ReassemblyResult.Inconsistent;
        }

        return _fragments.Count == MaxFragments ? ReassemblyResult.TooLarge : ReassemblyResult.Held;
    }

    /// <summary>Puts a fragment that was judged to fit where it belongs; the buffer must be large enough.</summary>
    public void Add(int start, ReadOnlySpan<byte> data, bool isLast)
    {
        int end = start + data.Length;
        data.CopyTo(Buffer.AsSpan(Headroom + start));
        _fragments.Add((start, end));
        _received += data.Length;
        _end = Math.Max(_end, end);
        if (isLast)
        {
            Length = end;
        }
    }

    /// <summary>Keeps the headers of the first fragment.</summary>
    public void AddHeader(ReadOnlySpan<byte> header, int dataLength)
    {
        HeaderLength = header.Length;
        FirstFragmentEnd = dataLength;
        header.CopyTo(Header);
    }

    /// <summary>Replaces the buffer by a larger one with the same contents.</summary>
    public void Grow(byte[] larger, ArrayPool<byte> pool)
    {
        if (Buffer is { } old)
        {
            old.AsSpan(0, Headroom + _end).CopyTo(larger);
            pool.Return(old);
        }

        Buffer = larger;
    }

    /// <summary>Gives the datagram up, but stays to turn away what still comes of it. The buffer goes back to its owner.</summary>
    public byte[]? Condemn(ReassemblyResult verdict)
    {
        Verdict = verdict;
        HeaderLength = 0;
        _fragments.Clear();
        return TakeBuffer();
    }

    /// <summary>Hands the buffer to its owner.</summary>
    public byte[]? TakeBuffer()
    {
        byte[]? buffer = Buffer;
        Buffer = null;
        return buffer;
    }
}
