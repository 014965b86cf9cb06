using System.Runtime.InteropServices;

namespace NetControl.Engine.Captures;

/// <summary>A bounded ring of packets between one loop, which never waits, and one reader on another thread.</summary>
/// <remarks>
/// Thread rule: <see cref="TryReserve"/>, <see cref="RecordAt"/> and <see cref="Publish"/> belong to the loop, <see cref="TryPeek"/> and
/// <see cref="Advance"/> to the reader. Positions only grow, and are taken modulo the capacity. A record lies in one piece: one that would
/// not fit before the ring's end is preceded by a filler.
/// <code>
///   read &lt;= published &lt;= written &lt;= read + capacity
/// </code>
/// </remarks>
internal sealed class CaptureRing
{
    private readonly byte[] _bytes;
    private long _written;
    private long _published;
    private long _read;

    /// <summary>Makes a ring.</summary>
    /// <param name="capacity">Bytes, a multiple of eight and at least twice the largest record.</param>
    public CaptureRing(int capacity) => _bytes = GC.AllocateUninitializedArray<byte>(capacity);

    /// <summary>Takes room for a record, not visible to the reader before <see cref="Publish"/>.</summary>
    /// <param name="data">How many bytes of the packet it is to hold.</param>
    /// <param name="position">Where the record begins.</param>
    /// <returns>Whether there is room.</returns>
    public bool TryReserve(int data, out long position)
    {
        position = _written;
        int length = CaptureRecord.Size + ((data + 7) & ~7);
        int at = (int)(position % _bytes.Length);
        int filler = at + length > _bytes.Length ? _bytes.Length - at : 0;
        if (position + filler + length - Volatile.Read(ref _read) > _bytes.Length)
        {
            return false;
        }

        if (filler > 0)
        {
            // A filler may be too short for a whole header: the reader knows that what is shorter is one.
            if (filler >= CaptureRecord.Size)
            {
                MemoryMarshal.AsRef<CaptureRecord>(_bytes.AsSpan(at)) = new CaptureRecord { Length = filler, Void = true };
            }

            position += filler;
        }

        RecordAt(position) = new CaptureRecord { Length = length, Captured = data };
        _written = position + length;
        return true;
    }

    /// <summary>The header of a record that was reserved.</summary>
    public ref CaptureRecord RecordAt(long position) =>
        ref MemoryMarshal.AsRef<CaptureRecord>(_bytes.AsSpan((int)(position % _bytes.Length), CaptureRecord.Size));

    /// <summary>The bytes of a record that was reserved or peeked.</summary>
    public Span<byte> DataAt(long position) =>
        _bytes.AsSpan((int)(position % _bytes.Length) + CaptureRecord.Size, RecordAt(position).Captured);

    /// <summary>Shows the reader everything that was reserved.</summary>
    public void Publish() => Volatile.Write(ref _published, _written);

    /// <summary>Finds the oldest packet. It stays where it is until <see cref="Advance"/>.</summary>
    public bool TryPeek(out long position)
    {
        long end = Volatile.Read(ref _published);
        while (_read < end)
        {
            position = _read;
            int rest = _bytes.Length - (int)(position % _bytes.Length);
            if (rest >= CaptureRecord.Size && !RecordAt(position).Void)
            {
                return true;
            }

            Volatile.Write(ref _read, position + (rest < CaptureRecord.Size ? rest : RecordAt(position).Length));
        }

        position = -1;
        return false;
    }

    /// <summary>Gives the room of a peeked record back.</summary>
    public void Advance(long position) => Volatile.Write(ref _read, position + RecordAt(position).Length);
}
