using System.Buffers;

namespace NetControl.Transport.Http2;

/// <summary>What a stream has received and nobody has read yet, in pooled pieces that are all full but the last.</summary>
/// <remarks>Bounded by the stream's window. Empty, it holds nothing.</remarks>
internal sealed class Http2ReceiveQueue
{
    private const int PieceSize = 16 << 10;
    private readonly Queue<byte[]> _pieces = new();
    private byte[] _tail = [];
    private int _start;
    private int _end;

    /// <summary>How many bytes wait.</summary>
    public int Length { get; private set; }

    /// <summary>Adds bytes at the end.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_pieces.Count == 0 || _end == PieceSize)
            {
                _tail = ArrayPool<byte>.Shared.Rent(PieceSize);
                _pieces.Enqueue(_tail);
                _end = 0;
            }

            int count = Math.Min(bytes.Length, PieceSize - _end);
            bytes[..count].CopyTo(_tail.AsSpan(_end));
            _end += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Takes bytes from the front.</summary>
    /// <returns>How many.</returns>
    public int Take(Span<byte> to)
    {
        int taken = 0;
        while (taken < to.Length && Length > 0)
        {
            byte[] piece = _pieces.Peek();
            int count = Math.Min(Math.Min(to.Length - taken, PieceSize - _start), Length);
            piece.AsSpan(_start, count).CopyTo(to[taken..]);
            taken += count;
            _start += count;
            Length -= count;
            if (_start == PieceSize || Length == 0)
            {
                ArrayPool<byte>.Shared.Return(_pieces.Dequeue());
                _start = 0;
            }
        }

        return taken;
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        while (_pieces.TryDequeue(out byte[]? piece))
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        Length = _start = _end = 0;
    }
}
