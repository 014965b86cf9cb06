using System.Globalization;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Split;

/// <summary>Cuts the first bytes of each stream into pieces. Packets pass.</summary>
/// <param name="Pieces">The pieces, as they are written: <c>[count*]bytes</c>, separated by commas.</param>
public sealed record SplitHop(string Pieces) : Hop
{
    /// <inheritdoc/>
    public override string Type => SplitHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => $"{Type}:{Pieces}";

    /// <inheritdoc/>
    public override string Redacted => Text;

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return inner with { Streams = new SplitStreamDialer(inner.Streams, Pieces.Split(',').Select(static piece => TryParsePiece(piece) ?? default)) };
    }

    /// <summary>Reads one piece; null if it is none.</summary>
    internal static StreamSplit? TryParsePiece(string piece)
    {
        int star = piece.IndexOf('*', StringComparison.Ordinal);
        int count = 1;
        return (star < 0 || TryParseNumber(piece[..star], out count)) && TryParseNumber(piece[(star + 1)..], out int length)
            ? new StreamSplit(count, length)
            : null;
    }

    private static bool TryParseNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
