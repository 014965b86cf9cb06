namespace NetControl.Stack.Wire;

/// <summary>Judges the options of an IPv4 header (RFC 791 section 3.1, RFC 1122 section 3.2.1.8).</summary>
internal static class Ipv4Options
{
    /// <summary>End of the list.</summary>
    public const byte End = 0;

    /// <summary>No operation.</summary>
    public const byte NoOperation = 1;

    /// <summary>Record route.</summary>
    public const byte RecordRoute = 7;

    /// <summary>Internet timestamp.</summary>
    public const byte Timestamp = 68;

    private const byte LooseSourceRoute = 131;
    private const byte StrictSourceRoute = 137;

    /// <summary>Walks the options; those that are not known are skipped, as RFC 1122 wants.</summary>
    /// <param name="header">The whole IPv4 header.</param>
    /// <param name="pointer">The octet that is wrong, if one is.</param>
    /// <returns>Ok, BadOption or SourceRoute.</returns>
    public static ParseResult Check(ReadOnlySpan<byte> header, out int pointer)
    {
        pointer = 0;
        int at = Ipv4Header.MinLength;
        while (at < header.Length && header[at] != End)
        {
            byte type = header[at];
            if (type == NoOperation)
            {
                at++;
                continue;
            }

            int length = at + 1 < header.Length ? header[at + 1] : 0;
            if (length < 2 || at + length > header.Length)
            {
                pointer = Math.Min(at + 1, header.Length - 1);
                return ParseResult.BadOption;
            }

            // The third octet of the options that record points to the next free slot, counted from 1.
            int smallestPointer = type switch
            {
                RecordRoute or LooseSourceRoute or StrictSourceRoute => 4,
                Timestamp => 5,
                _ => 0,
            };
            if (smallestPointer > 0 && (length < smallestPointer - 1 || header[at + 2] < smallestPointer))
            {
                pointer = at + 2;
                return ParseResult.BadOption;
            }

            // RFC 7126 sections 4.3 and 4.4: whoever chooses the path of the answers can pose as anybody.
            if (type is LooseSourceRoute or StrictSourceRoute)
            {
                return ParseResult.SourceRoute;
            }

            at += length;
        }

        return ParseResult.Ok;
    }
}
