using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NetControl.Transport.Chains;

namespace NetControl.Transport.TlsFrag;

/// <summary>The text of a TLS fragmentation hop: <c>tlsfrag:length</c>.</summary>
public sealed class TlsFragHopType : HopType
{
    internal const string Scheme = "tlsfrag";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "tlsfrag:bytes";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!int.TryParse(text.Rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int length) || length == int.MinValue)
        {
            hop = null;
            error = text.Error(text.RestOffset, "write the length of the first fragment in bytes, e.g. 1, or of the last, e.g. -1");
            return false;
        }

        hop = new TlsFragHop(length);
        error = null;
        return true;
    }
}
