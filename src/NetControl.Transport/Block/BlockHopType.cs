using System.Diagnostics.CodeAnalysis;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Block;

/// <summary>The text of a block: <c>block:</c>, which is prohibited, or <c>block:reason</c>.</summary>
public sealed class BlockHopType : HopType
{
    internal const string Scheme = "block";
    private static readonly BlockReason[] s_reasons = [BlockReason.Prohibited, BlockReason.Refused, BlockReason.Unreachable, BlockReason.Timeout];

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "block:[prohibited|refused|unreachable|timeout]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (BlockReason reason in s_reasons)
        {
            if (text.Rest.Length == 0 || string.Equals(text.Rest, NameOf(reason), StringComparison.OrdinalIgnoreCase))
            {
                hop = new BlockHop(reason);
                error = null;
                return true;
            }
        }

        hop = null;
        error = text.Error(text.RestOffset, "a block says prohibited, refused, unreachable or timeout; alone, block: says prohibited");
        return false;
    }

    internal static string NameOf(BlockReason reason) => reason switch
    {
        BlockReason.Refused => "refused",
        BlockReason.Unreachable => "unreachable",
        BlockReason.Timeout => "timeout",
        _ => "prohibited",
    };
}
