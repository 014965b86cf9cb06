namespace NetControl.Testing.Tcp;

/// <summary>A byte stream that is known without being stored: any byte that is lost, doubled or moved shows.</summary>
public static class Pattern
{
    // A prime period, so that no segment size or buffer size divides it.
    private const int Period = 65_521;
    private static readonly byte[] Bytes = Make();

    /// <summary>Writes the stream's bytes from an offset on.</summary>
    public static void Fill(Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            ReadOnlySpan<byte> piece = Piece(offset, destination.Length);
            piece.CopyTo(destination);
            destination = destination[piece.Length..];
            offset += piece.Length;
        }
    }

    /// <summary>Whether the bytes are the stream's from an offset on.</summary>
    public static bool Matches(ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> piece = Piece(offset, bytes.Length);
            if (!piece.SequenceEqual(bytes[..piece.Length]))
            {
                return false;
            }

            bytes = bytes[piece.Length..];
            offset += piece.Length;
        }

        return true;
    }

    private static ReadOnlySpan<byte> Piece(long offset, int max)
    {
        int at = (int)(offset % Period);
        return Bytes.AsSpan(at, Math.Min(max, Period - at));
    }

    private static byte[] Make()
    {
        byte[] bytes = new byte[Period];
        uint state = 2463534242;
        foreach (ref byte b in bytes.AsSpan())
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            b = (byte)(state >> 11);
        }

        return bytes;
    }
}
