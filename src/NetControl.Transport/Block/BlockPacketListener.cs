using NetControl.Network;

namespace NetControl.Transport.Block;

/// <summary>Opens no socket, and says so in the way that was chosen; or one that loses everything, for silence.</summary>
public sealed class BlockPacketListener : IPacketListener
{
    private readonly BlockReason _reason;

    /// <summary>Makes a listener.</summary>
    public BlockPacketListener(BlockReason reason) => _reason = reason;

    /// <inheritdoc/>
    /// <exception cref="DialException">Unless silence was chosen.</exception>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default) => _reason == BlockReason.Timeout
        ? new ValueTask<IPacketConnection>(new SilentPacketConnection())
        : ValueTask.FromException<IPacketConnection>(BlockStreamDialer.Refusal(_reason));
}
