using System.Globalization;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Disorder;

/// <summary>Lets one write of each stream arrive late. Has to stand where the socket is. Packets pass.</summary>
/// <param name="Write">Which write, from 0.</param>
public sealed record DisorderHop(int Write) : Hop
{
    /// <inheritdoc/>
    public override string Type => DisorderHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => string.Create(CultureInfo.InvariantCulture, $"{Type}:{Write}");

    /// <inheritdoc/>
    public override string Redacted => Text;

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return inner with { Streams = new DisorderStreamDialer(inner.Streams, Write) };
    }
}
