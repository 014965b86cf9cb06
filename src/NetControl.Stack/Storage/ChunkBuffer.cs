using System.Diagnostics;

namespace NetControl.Stack.Storage;

/// <summary>A window of a byte stream, addressed by stream offset and kept in chunks that exist only where bytes are.</summary>
/// <remarks>
/// <para>Owner: one loop. Lifetime: the chunks belong to the pool and go back as <see cref="Head"/> passes them, so an empty buffer holds
/// none. Both directions of a connection use it: the send side appends at <see cref="Tail"/> and drops what is acknowledged; the receive
/// side writes anywhere in its window, out of order too, and drops what the upstream has taken.</para>
/// <para>Invariant: Head &lt;= Tail; a chunk's place is <c>offset / ChunkSize</c> modulo the slot count, and all places from Head to Tail fit.</para>
/// </remarks>
public sealed class ChunkBuffer
{
    private const int Mask = ChunkPool.ChunkSize - 1;
    private readonly ChunkPool _pool;
    private byte[]?[] _slots = [];
    private int _held;

    /// <summary>Makes an empty buffer over a pool.</summary>
    public ChunkBuffer(ChunkPool pool)
    {
        _pool = pool;
    }

    /// <summary>The offset of the first byte that is still wanted.</summary>
    public long Head { get; private set; }

    /// <summary>The offset after the last byte written in order.</summary>
    public long Tail { get; private set; }

    /// <summary>Bytes from <see cref="Head"/> to <see cref="Tail"/>.</summary>
    public long Length => Tail - Head;

    /// <summary>Bytes of memory held.</summary>
    public long BytesHeld => (long)_held << ChunkPool.ChunkShift;

    /// <summary>Forgets everything and returns all chunks; the buffer is as new, at offset 0.</summary>
    public void Reset()
    {
        ReleaseAll();
        Head = Tail = 0;
    }

    /// <summary>The bytes at an offset as far as they lie together, at most <paramref name="max"/>.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int max)
    {
        Debug.Assert(offset >= Head && offset + max <= Tail + (long)_slots.Length * ChunkPool.ChunkSize, "peek outside the buffer");
        int at = (int)offset & Mask;
        return Chunk(offset)!.AsSpan(at, Math.Min(max, ChunkPool.ChunkSize - at));
    }

    /// <summary>The pinned chunk at an offset, the place in it, and how many of <paramref name="max"/> bytes lie together: for gathering I/O.</summary>
    public byte[] PeekChunk(long offset, int max, out int at, out int count)
    {
        at = (int)offset & Mask;
        count = Math.Min(max, ChunkPool.ChunkSize - at);
        return Chunk(offset)!;
    }

    /// <summary>A chunk to receive into, at so many bytes after <see cref="Tail"/>; it is rented if it is not there yet.</summary>
    /// <returns>The chunk; <paramref name="at"/> and <paramref name="count"/> say which part of it is free.</returns>
    public byte[] Reserve(long ahead, out int at, out int count)
    {
        long offset = Tail + ahead;
        at = (int)offset & Mask;
        count = ChunkPool.ChunkSize - at;
        return EnsureChunk(offset);
    }

    /// <summary>Says how many bytes were received into reserved chunks, and returns the chunks that stayed empty.</summary>
    public void Commit(int count, long reserved)
    {
        long end = Tail + reserved;
        Tail += count;

        // The chunk that Tail stands in is kept only if it holds a byte.
        long first = Tail == Head ? Tail & ~(long)Mask : (Tail + Mask) & ~(long)Mask;
        for (long offset = first; offset < end; offset += ChunkPool.ChunkSize)
        {
            Release(offset);
        }
    }

    /// <summary>Appends a copy of the bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        WriteAt(Tail, bytes);
        Tail += bytes.Length;
    }

    /// <summary>Copies bytes to an offset at or after <see cref="Tail"/>, which stays: see <see cref="ExtendTo"/>.</summary>
    public void WriteAt(long offset, ReadOnlySpan<byte> bytes)
    {
        Debug.Assert(offset >= Head, "write before the head");
        while (!bytes.IsEmpty)
        {
            int at = (int)offset & Mask;
            int count = Math.Min(bytes.Length, ChunkPool.ChunkSize - at);
            bytes[..count].CopyTo(EnsureChunk(offset).AsSpan(at));
            bytes = bytes[count..];
            offset += count;
        }
    }

    /// <summary>Moves <see cref="Tail"/> on over bytes that were written ahead and are now in order.</summary>
    public void ExtendTo(long tail)
    {
        Debug.Assert(tail >= Tail, "the tail only grows");
        Tail = tail;
    }

    /// <summary>Moves both ends on: bytes that passed by without being stored.</summary>
    public void Skip(long count)
    {
        Debug.Assert(Length == 0, "skip only when empty");
        Head += count;
        Tail = Head;
        if (_held != 0)
        {
            ReleaseBefore(Head - count, Head);
        }
    }

    /// <summary>Drops so many bytes from the front and returns their chunks.</summary>
    public void Consume(long count)
    {
        Debug.Assert(count <= Length, "consume beyond the tail");
        long from = Head;
        Head += count;
        ReleaseBefore(from, Head);
    }

    private void ReleaseBefore(long from, long to)
    {
        for (long offset = from & ~(long)Mask; offset < (to & ~(long)Mask); offset += ChunkPool.ChunkSize)
        {
            Release(offset);
        }
    }

    /// <summary>Returns the last chunk too when nothing is stored any more; out-of-order bytes ahead must not exist.</summary>
    public void ReleaseIfEmpty()
    {
        if (_held != 0 && Head == Tail)
        {
            ReleaseAll();
        }
    }

    private byte[]? Chunk(long offset) => _slots[(int)(offset >> ChunkPool.ChunkShift) & (_slots.Length - 1)];

    private byte[] EnsureChunk(long offset)
    {
        long index = offset >> ChunkPool.ChunkShift;
        if (index - (Head >> ChunkPool.ChunkShift) >= _slots.Length)
        {
            Grow(index);
        }

        ref byte[]? slot = ref _slots[(int)index & (_slots.Length - 1)];
        if (slot is null)
        {
            slot = _pool.Rent();
            _held++;
        }

        return slot;
    }

    private void Release(long offset)
    {
        if (_slots.Length == 0)
        {
            return;
        }

        ref byte[]? slot = ref _slots[(int)(offset >> ChunkPool.ChunkShift) & (_slots.Length - 1)];
        if (slot is not null)
        {
            _pool.Return(slot);
            slot = null;
            _held--;
        }
    }

    private void ReleaseAll()
    {
        if (_held == 0)
        {
            return;
        }

        foreach (ref byte[]? slot in _slots.AsSpan())
        {
            if (slot is not null)
            {
                _pool.Return(slot);
                slot = null;
            }
        }

        _held = 0;
    }

    private void Grow(long index)
    {
        long first = Head >> ChunkPool.ChunkShift;
        int size = Math.Max(1, _slots.Length);
        while (index - first >= size)
        {
            size <<= 1;
        }

        byte[]?[] slots = new byte[]?[size];
        for (int i = 0; i < _slots.Length; i++)
        {
            slots[(int)(first + i) & (size - 1)] = _slots[(int)(first + i) & (_slots.Length - 1)];
        }

        _slots = slots;
    }
}
