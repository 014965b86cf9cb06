using System.Buffers;

namespace NetControl.Transport.Http2.Hpack;

/// <summary>Decodes header blocks (RFC 7541), in the order in which they come: the dynamic table is a state of the connection.</summary>
/// <remarks>
/// Bounded whatever comes: the table by the size that was announced, a block's fields by <c>maxListSize</c>, strings by the block they lie in.
/// After a failure the decoder is of no use any more, and neither is the connection.
/// </remarks>
internal sealed class HpackDecoder
{
    private readonly HpackDynamicTable _table;
    private readonly int _maxListSize;

    /// <summary>Makes a decoder.</summary>
    /// <param name="maxTableSize">What was announced as SETTINGS_HEADER_TABLE_SIZE.</param>
    /// <param name="maxListSize">What was announced as SETTINGS_MAX_HEADER_LIST_SIZE.</param>
    public HpackDecoder(int maxTableSize = 4096, int maxListSize = 16 << 10)
    {
        _table = new HpackDynamicTable(maxTableSize);
        _maxListSize = maxListSize;
    }

    /// <summary>The table, for tests.</summary>
    internal HpackDynamicTable Table => _table;

    /// <summary>Decodes one whole block.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public string? Decode(ReadOnlySpan<byte> block, IHpackHandler handler)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(2 * (HpackHuffman.MaxDecodedLength(block.Length) + 1));
        try
        {
            int listSize = 0;
            bool begun = false;
            while (!block.IsEmpty)
            {
                byte first = block[0];
                if ((first & 0xE0) == 0x20)
                {
                    // Only in front of the first field (RFC 7541 section 4.2).
                    int size = HpackInteger.Read(ref block, 5);
                    if (begun || size < 0 || !_table.TryResize(size))
                    {
                        return "a change of the table's size that is not allowed";
                    }

                    continue;
                }

                begun = true;
                if (DecodeField(ref block, scratch, handler, ref listSize) is { } problem)
                {
                    return problem;
                }
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private string? DecodeField(scoped ref ReadOnlySpan<byte> block, Span<byte> scratch, IHpackHandler handler, ref int listSize)
    {
        byte first = block[0];
        bool indexed = (first & 0x80) != 0;
        bool remembered = (first & 0xC0) == 0x40;
        int index = HpackInteger.Read(ref block, indexed ? 7 : remembered ? 6 : 4);
        if (index < 0 || (indexed && index == 0) || index > HpackStaticTable.Count + _table.Count)
        {
            return "an index that names no entry";
        }

        HpackEntry entry = index == 0 ? default
            : index <= HpackStaticTable.Count ? HpackStaticTable.Get(index)
            : _table[index - HpackStaticTable.Count - 1];
        scoped ReadOnlySpan<byte> name = entry.Name;
        scoped ReadOnlySpan<byte> value = entry.Value;
        if (!indexed)
        {
            int half = scratch.Length / 2;
            if ((index == 0 && !TryReadString(ref block, scratch[..half], out name)) || !TryReadString(ref block, scratch[half..], out value))
            {
                return "a string that is cut short or badly coded";
            }
        }

        listSize += HpackEntry.SizeOf(name.Length, value.Length);
        if (listSize > _maxListSize)
        {
            return $"more than {_maxListSize} bytes of header fields";
        }

        handler.OnField(name, value);
        if (remembered)
        {
            _table.Add(name, value);
        }

        return null;
    }

    private static bool TryReadString(scoped ref ReadOnlySpan<byte> block, Span<byte> scratch, out ReadOnlySpan<byte> text)
    {
        text = default;
        bool coded = !block.IsEmpty && (block[0] & 0x80) != 0;
        int length = HpackInteger.Read(ref block, 7);
        if (length < 0 || length > block.Length)
        {
            return false;
        }

        text = block[..length];
        block = block[length..];
        if (coded)
        {
            int decoded = HpackHuffman.Decode(text, scratch);
            if (decoded < 0)
            {
                return false;
            }

            text = scratch[..decoded];
        }

        return true;
    }
}
