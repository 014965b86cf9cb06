using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Disorder;

/// <summary>The text of a disorder hop: <c>disorder:n</c>.</summary>
public sealed class DisorderHopType : HopType
{
    internal const string Scheme = "disorder";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "disorder:n";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!int.TryParse(text.Rest, NumberStyles.None, CultureInfo.InvariantCulture, out int write))
        {
            hop = null;
            error = text.Error(text.RestOffset, "write which write is to come late, counted from 0, e.g. 0");
            return false;
        }

        hop = new DisorderHop(write);
        error = null;
        return true;
    }
}
