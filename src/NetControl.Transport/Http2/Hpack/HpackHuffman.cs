namespace NetControl.Transport.Http2.Hpack;

/// <summary>HPACK's Huffman code (RFC 7541 section 5.2, appendix B), decoding only: what we send is short and goes as it is.</summary>
/// <remarks>The code is canonical: symbols of one length have consecutive codes in the order of their values, so the lengths say everything.</remarks>
internal static class HpackHuffman
{
    private const int EndOfString = 256;
    private const int ShortestCode = 5;
    private const int LongestCode = 30;

    // By length: the first code, how many there are, and where their symbols begin in s_symbols.
    private static readonly uint[] s_firstCode = new uint[LongestCode + 1];
    private static readonly int[] s_count = new int[LongestCode + 1];
    private static readonly int[] s_firstSymbol = new int[LongestCode + 1];
    private static readonly short[] s_symbols = new short[EndOfString + 1];

    static HpackHuffman()
    {
        uint code = 0;
        int next = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            code <<= 1;
            s_firstCode[length] = code;
            s_firstSymbol[length] = next;
            for (int symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (Lengths[symbol] == length)
                {
                    s_symbols[next++] = (short)symbol;
                    s_count[length]++;
                    code++;
                }
            }
        }
    }

    /// <summary>The number of bits of each byte's code, and of the end of the string.</summary>
    internal static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>The most bytes that so many coded bytes can hold.</summary>
    public static int MaxDecodedLength(int length) => length * 8 / ShortestCode;

    /// <summary>Decodes a string.</summary>
    /// <returns>The number of bytes written, or -1: the end of the string inside it, or padding that is none.</returns>
    public static int Decode(ReadOnlySpan<byte> coded, Span<byte> to)
    {
        int written = 0;
        uint code = 0;
        int length = 0;
        foreach (byte b in coded)
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                code = (code << 1) | ((uint)(b >> bit) & 1);
                length++;
                uint index = code - s_firstCode[length];
                if (length >= ShortestCode && index < s_count[length])
                {
                    int symbol = s_symbols[s_firstSymbol[length] + (int)index];
                    if (symbol == EndOfString)
                    {
                        return -1;
                    }

                    to[written++] = (byte)symbol;
                    code = 0;
                    length = 0;
                }
            }
        }

        // What is left is padding: fewer than eight bits, all of them ones.
        return length < 8 && code == (1u << length) - 1 ? written : -1;
    }
}
