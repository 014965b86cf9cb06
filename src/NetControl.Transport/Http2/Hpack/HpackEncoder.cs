namespace NetControl.Transport.Http2.Hpack;

/// <summary>Encodes header blocks without a dynamic table of its own: what we send is short, and part of it secret.</summary>
internal static class HpackEncoder
{
    /// <summary>
    /// Says that no dynamic table will be used; goes in front of a connection's first block. Whatever size the other side then allows, nothing
    /// has to be said about it any more (RFC 7541 section 4.2).
    /// </summary>
    public const byte NoTable = 0x20;

    private const byte WithoutIndexing = 0x00;
    private const byte NeverIndexed = 0x10;

    /// <summary>The most bytes that a field can take.</summary>
    public static int MaxLength(int nameLength, int valueLength) => 1 + 4 + nameLength + 4 + valueLength;

    /// <summary>Writes a field whose name the static table has.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Write(Span<byte> to, int nameIndex, ReadOnlySpan<byte> value, bool isSecret = false)
    {
        int at = HpackInteger.Write(to, isSecret ? NeverIndexed : WithoutIndexing, 4, nameIndex);
        return at + WriteString(to[at..], value);
    }

    /// <summary>Writes a field with its name, which is in lower case.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Write(Span<byte> to, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool isSecret = false)
    {
        to[0] = isSecret ? NeverIndexed : WithoutIndexing;
        int at = 1 + WriteString(to[1..], name);
        return at + WriteString(to[at..], value);
    }

    private static int WriteString(Span<byte> to, ReadOnlySpan<byte> text)
    {
        int at = HpackInteger.Write(to, 0, 7, text.Length);
        text.CopyTo(to[at..]);
        return at + text.Length;
    }
}
