using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>Answers DNS over UDP with "truncated", here; streams pass. What is not DNS is port unreachable.</summary>
public sealed record DnsTruncateHop : Hop
{
    /// <inheritdoc/>
    public override string Type => DnsTruncateHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => $"{Type}:";

    /// <inheritdoc/>
    public override string Redacted => Text;

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return new Way(inner.Streams, new PacketProxyListener(new DnsTruncatePacketProxy()));
    }
}
