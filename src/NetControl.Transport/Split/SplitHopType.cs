using System.Diagnostics.CodeAnalysis;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Split;

/// <summary>The text of a split hop: <c>split:[count*]bytes,...</c>. A piece of no bytes, or no pieces, cut nothing.</summary>
public sealed class SplitHopType : HopType
{
    internal const string Scheme = "split";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "split:[count*]bytes,...";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.RestOffset;
        foreach (string piece in text.Rest.Split(','))
        {
            if (SplitHop.TryParsePiece(piece) is null)
            {
                hop = null;
                error = text.Error(at, $"a piece is its length in bytes, e.g. 2, or so many of them, e.g. 3*2; write {Grammar}");
                return false;
            }

            at += piece.Length + 1;
        }

        hop = new SplitHop(text.Rest);
        error = null;
        return true;
    }
}
