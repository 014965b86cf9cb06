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
    private int _maxChunks;
    private readonly int _keep;
    private readonly ChunkPool? _whole;
    private int _lent;
    private int _parts;

    /// <summary>Makes a pool.</summary>
    /// <param name="budgetBytes">The bytes that connections should hold together.</param>
    /// <param name="keepBytes">The free bytes that stay with the pool; what is returned beyond goes to the garbage collector.</param>
    public ChunkPool(long budgetBytes, long keepBytes = 8 << 20)
    {
        SetBudget(budgetBytes);
        _keep = (int)Math.Min(keepBytes >> ChunkShift, int.MaxValue);
    }

    /// <summary>Makes a part of a pool: a device's, with a budget of its own and the chunks of the whole.</summary>
    /// <remarks>
    /// While the whole is over its budget, a part is so only if it holds more than its fair share: one part's hunger closes nobody else's
    /// windows.
    /// </remarks>
    /// <param name="whole">The pool that has the chunks.</param>
    /// <param name="budgetBytes">The bytes that this part's connections should hold together.</param>
    public ChunkPool(ChunkPool whole, long budgetBytes)
        : this(budgetBytes, keepBytes: 0)
    {
        _whole = whole;
        Interlocked.Increment(ref whole._parts);
    }

    /// <summary>Bytes lent and not yet returned; read from anywhere.</summary>
    public long BytesInUse => (long)Volatile.Read(ref _lent) << ChunkShift;

    /// <summary>Bytes lent or kept.</summary>
    public long BytesHeld => (long)(_lent + _free.Count) << ChunkShift;

    /// <summary>Whether more is lent than the budget allows.</summary>
    public bool IsOverBudget => _lent >= _maxChunks || (_whole is { IsOverBudget: true } whole && _lent >= whole.FairShare);

    /// <summary>Whether three quarters of the budget are lent: time to stop growing windows.</summary>
    public bool IsTight => _lent >= _maxChunks - (_maxChunks >> 2) || (_whole is { IsTight: true } whole && _lent >= whole.FairShare);

    private int FairShare => _maxChunks / Math.Max(1, Volatile.Read(ref _parts));

    /// <summary>Takes another budget. What is lent beyond a lower one comes back as connections are done with it.</summary>
    public void SetBudget(long budgetBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budgetBytes, ChunkSize);
        _maxChunks = (int)Math.Min(budgetBytes >> ChunkShift, int.MaxValue);
    }

    /// <summary>Lends a chunk. Its content is whatever it was.</summary>
    public byte[] Rent()
    {
        _lent++;
        if (_whole is { } whole)
        {
            return whole.Rent();
        }

        return _free.TryPop(out byte[]? chunk) ? chunk : GC.AllocateUninitializedArray<byte>(ChunkSize, pinned: true);
    }

    /// <summary>Takes a chunk back.</summary>
    public void Return(byte[] chunk)
    {
        _lent--;
        if (_whole is { } whole)
        {
            whole.Return(chunk);
            return;
        }

        if (_free.Count < _keep)
        {
            _free.Push(chunk);
        }
    }

    /// <summary>Counts memory that is not the pool's as lent: it closes windows as chunks do. Negative to count it back.</summary>
    /// <param name="bytes">A multiple of <see cref="ChunkSize"/>.</param>
    public void Charge(int bytes)
    {
        _lent += bytes >> ChunkShift;
        _whole?.Charge(bytes);
    }

    /// <summary>Says that this part wants nothing more: the others' fair shares grow.</summary>
    public void Detach()
    {
        if (_whole is { } whole)
        {
            Interlocked.Decrement(ref whole._parts);
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
