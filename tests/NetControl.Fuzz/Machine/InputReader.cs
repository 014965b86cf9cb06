using System.Buffers.Binary;

namespace NetControl.Fuzz.Machine;

/// <summary>Reads an input as a script; past its end everything is zero.</summary>
internal ref struct InputReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _left = input;

    /// <summary>Whether all has been read.</summary>
    public readonly bool IsEmpty => _left.IsEmpty;

    /// <summary>The next byte.</summary>
    public byte Byte()
    {
        if (_left.IsEmpty)
        {
            return 0;
        }

        byte value = _left[0];
        _left = _left[1..];
        return value;
    }

    /// <summary>The next two bytes, big-endian.</summary>
    public ushort Short() => (ushort)((Byte() << 8) | Byte());

    /// <summary>The next four bytes, big-endian.</summary>
    public uint Word() => ((uint)Short() << 16) | Short();

    /// <summary>The next bytes, as many as there are.</summary>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        ReadOnlySpan<byte> taken = _left[..Math.Min(count, _left.Length)];
        _left = _left[taken.Length..];
        return taken;
    }

    /// <summary>Writes what <see cref="Short"/> reads.</summary>
    public static void Put(List<byte> to, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        to.AddRange(bytes);
    }
}
