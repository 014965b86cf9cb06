using NetControl.Transport.Chains;

namespace NetControl.Transport.Block;

/// <summary>Lets nothing pass, streams and packets alike, and tells the client why.</summary>
/// <param name="Reason">What the client hears.</param>
public sealed record BlockHop(BlockReason Reason) : Hop
{
    /// <inheritdoc/>
    public override string Type => BlockHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => $"{Type}:{(Reason == BlockReason.Prohibited ? "" : BlockHopType.NameOf(Reason))}";

    /// <inheritdoc/>
    public override string Redacted => Text;

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Way(new BlockStreamDialer(Reason, context.TimeProvider), new BlockPacketListener(Reason));
    }
}
