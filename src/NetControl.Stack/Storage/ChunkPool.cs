namespace NetControl.Stack.Storage;

/// <summary>Lends fixed-size, pinned pieces of memory to the buffers of one loop's connections, and keeps count of them against a budget.</summary>
/// <remarks>
/// Owner: one thread; no lock. Last returned, first lent: a busy connection walks over the same few cache-warm chunks for ever, however
/// large its window. Chunks are pinned arrays, so that a system call may hold their address without a handle. Over the budget the pool
/// still lends (a connection must be able to make progress with its minimum), but <see cref="IsOverBudget"/> tells callers to close windows.
/// </remarks>
public sealed class ChunkPool
{
    /// <summary>The size of a chunk. Small enough that a slow connection wastes little, large enough that a 64 KiB segment is five pieces.</summary>
    public const int ChunkSize = 1 << ChunkShift;

    /// <summary>The base-2 logarithm of <see cref="ChunkSize"/>.</summary>
    public const int ChunkShift = 14;

    private readonly Stack<byte[]> _free = new();
    private readonly int _maxChunks;
    private readonly int _keep;
    private int _lent;

    /// <summary>Makes a pool.</summary>
    /// <param name="budgetBytes">The bytes that connections should hold together.</param>
    /// <param name="keepBytes">The free bytes that stay with the pool; what is returned beyond goes to the garbage collector.</param>
    public ChunkPool(long budgetBytes, long keepBytes = 8 << 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budgetBytes, ChunkSize);
        _maxChunks = (int)Math.Min(budgetBytes >> ChunkShift, int.MaxValue);
        _keep = (int)Math.Min(keepBytes >> ChunkShift, int.MaxValue);
    }

    /// <summary>Bytes lent and not yet returned.</summary>
    public long BytesInUse => (long)_lent << ChunkShift;

    /// <summary>Bytes lent or kept.</summary>
    public long BytesHeld => (long)(_lent + _free.Count) << ChunkShift;

    /// <summary>Whether more is lent than the budget allows.</summary>
    public bool IsOverBudget => _lent >= _maxChunks;

    /// <summary>Whether three quarters of the budget are lent: time to stop growing windows.</summary>
    public bool IsTight => _lent >= _maxChunks - (_maxChunks >> 2);

    /// <summary>Lends a chunk. Its content is whatever it was.</summary>
    public byte[] Rent()
    {
        _lent++;
        return _free.TryPop(out byte[]? chunk) ? chunk : GC.AllocateUninitializedArray<byte>(ChunkSize, pinned: true);
    }

    /// <summary>Takes a chunk back.</summary>
    public void Return(byte[] chunk)
    {
        _lent--;
        if (_free.Count < _keep)
        {
            _free.Push(chunk);
        }
    }

    /// <summary>Gives free chunks up to the garbage collector, down to so many bytes.</summary>
    public void Trim(long keepBytes)
    {
        while (_free.Count > keepBytes >> ChunkShift)
        {
            _free.Pop();
        }
    }
}
