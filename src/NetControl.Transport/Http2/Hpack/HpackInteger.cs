namespace NetControl.Transport.Http2.Hpack;

/// <summary>Integers with a prefix of some bits (RFC 7541 section 5.1).</summary>
internal static class HpackInteger
{
    /// <summary>Nothing in a header block is as large as this.</summary>
    private const int Limit = 1 << 24;

    /// <summary>Reads an integer from the front of a block.</summary>
    /// <returns>The value, or -1: cut short, or larger than anything that could be meant.</returns>
    public static int Read(scoped ref ReadOnlySpan<byte> block, int prefixBits)
    {
        if (block.IsEmpty)
        {
            return -1;
        }

        int mask = (1 << prefixBits) - 1;
        int value = block[0] & mask;
        block = block[1..];
        if (value < mask)
        {
            return value;
        }

        for (int shift = 0; shift <= 21 && !block.IsEmpty; shift += 7)
        {
            byte b = block[0];
            block = block[1..];
            value += (b & 0x7F) << shift;
            if (value > Limit)
            {
                return -1;
            }

            if ((b & 0x80) == 0)
            {
                return value;
            }
        }

        return -1;
    }

    /// <summary>Writes an integer behind the flags of its first byte.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Write(Span<byte> to, byte flags, int prefixBits, int value)
    {
        int mask = (1 << prefixBits) - 1;
        if (value < mask)
        {
            to[0] = (byte)(flags | value);
            return 1;
        }

        to[0] = (byte)(flags | mask);
        value -= mask;
        int at = 1;
        for (; value >= 0x80; value >>= 7)
        {
            to[at++] = (byte)(value | 0x80);
        }

        to[at++] = (byte)value;
        return at;
    }
}
