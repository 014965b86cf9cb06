using System.Diagnostics.CodeAnalysis;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>The text of a hop that truncates DNS: <c>dnstruncate:</c>, without options.</summary>
public sealed class DnsTruncateHopType : HopType
{
    internal const string Scheme = "dnstruncate";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "dnstruncate:";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (!HopOptions.TryParse(text, text.RestOffset, text.Text.Length, [], out _, out error))
        {
            return false;
        }

        hop = new DnsTruncateHop();
        return true;
    }
}
