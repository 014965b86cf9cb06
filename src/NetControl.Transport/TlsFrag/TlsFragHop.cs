using System.Globalization;
using NetControl.Transport.Chains;

namespace NetControl.Transport.TlsFrag;

/// <summary>Sends the ClientHello of each TLS stream as two records. Packets pass.</summary>
/// <param name="Length">The length of the first fragment; if negative, of the last; 0 changes nothing.</param>
public sealed record TlsFragHop(int Length) : Hop
{
    /// <inheritdoc/>
    public override string Type => TlsFragHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => string.Create(CultureInfo.InvariantCulture, $"{Type}:{Length}");

    /// <inheritdoc/>
    public override string Redacted => Text;

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return inner with { Streams = new TlsFragStreamDialer(inner.Streams, Length) };
    }
}
