using System.Buffers.Binary;

namespace NetControl.Fuzz.Machine;

/// <summary>Makes a new input of old ones: a few changes of kinds that have broken parsers before.</summary>
internal sealed class Mutator(Random random)
{
    private static readonly int[] s_interesting =
    [
        0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 31, 32, 40, 60, 63, 64, 127, 128, 255, 256, 511, 512, 1279, 1280, 1500, 4095, 8192,
        32_767, 32_768, 65_535, -1, int.MaxValue,
    ];

    private readonly byte[] _spare = new byte[FuzzRun.MaxInput];

    /// <summary>Writes a mutation of one input, with parts of another, and returns its length.</summary>
    public int Mutate(ReadOnlySpan<byte> from, ReadOnlySpan<byte> other, Span<byte> into)
    {
        int length = Math.Min(from.Length, into.Length);
        from[..length].CopyTo(into);
        for (int changes = 1 << random.Next(6); changes > 0; changes--)
        {
            length = Change(into, length, other);
        }

        return length;
    }

    private int Change(Span<byte> bytes, int length, ReadOnlySpan<byte> other)
    {
        if (length == 0)
        {
            bytes[0] = (byte)random.Next(256);
            return 1;
        }

        int at = random.Next(length);
        switch (random.Next(12))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return length;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return length;
            case 2:
                bytes[at] += (byte)random.Next(-16, 17);
                return length;
            case 3:
                bytes[at] = (byte)s_interesting[random.Next(s_interesting.Length)];
                return length;
            case 4 when at + 2 <= length:
                Put16(bytes[at..], (ushort)s_interesting[random.Next(s_interesting.Length)]);
                return length;
            case 5 when at + 4 <= length:
                BinaryPrimitives.WriteInt32BigEndian(bytes[at..], s_interesting[random.Next(s_interesting.Length)]);
                return length;
            case 6 when at + 2 <= length:
                Put16(bytes[at..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) + random.Next(-32, 33)));
                return length;
            case 7:
                return Remove(bytes, length, at, random.Next(1, Math.Min(length - at, 64) + 1));
            case 8:
                return Insert(bytes, length, at, bytes[..length], random.Next(length));
            case 9 or 10 when other.Length > 0:
                return Insert(bytes, length, at, other, random.Next(other.Length));
            case 11 when other.Length > 0:
                int start = random.Next(other.Length);
                int count = Math.Min(Math.Min(other.Length - start, length - at), random.Next(1, 65));
                other.Slice(start, count).CopyTo(bytes[at..]);
                return length;
            default:
                return length;
        }
    }

    private void Put16(Span<byte> to, ushort value)
    {
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to, value);
        }
    }

    private static int Remove(Span<byte> bytes, int length, int at, int count)
    {
        bytes[(at + count)..length].CopyTo(bytes[at..]);
        return length - count;
    }

    private int Insert(Span<byte> bytes, int length, int at, ReadOnlySpan<byte> from, int start)
    {
        int count = Math.Min(Math.Min(from.Length - start, bytes.Length - length), random.Next(1, random.Next(4) == 0 ? 513 : 33));
        from.Slice(start, count).CopyTo(_spare);
        bytes[at..length].CopyTo(bytes[(at + count)..]);
        _spare.AsSpan(0, count).CopyTo(bytes[at..]);
        return length + count;
    }
}
