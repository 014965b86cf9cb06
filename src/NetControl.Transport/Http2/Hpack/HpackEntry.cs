namespace NetControl.Transport.Http2.Hpack;

/// <summary>A field in a table.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value.</param>
internal readonly record struct HpackEntry(byte[] Name, byte[] Value)
{
    /// <summary>What the standard counts for it (RFC 7541 section 4.1).</summary>
    public int Size => SizeOf(Name.Length, Value.Length);

    /// <summary>What the standard counts for a field of these lengths.</summary>
    public static int SizeOf(int nameLength, int valueLength) => nameLength + valueLength + 32;
}
