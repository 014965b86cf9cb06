using NetControl.Network;

namespace NetControl.Transport.Chains;

/// <summary>The packet side of a way that carries streams only: it refuses, and says why and what to do.</summary>
public sealed class NoPackets : IPacketListener
{
    /// <summary>Makes one for a hop's type.</summary>
    public NoPackets(string type)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        Reason = $"{type} carries streams only; put dnstruncate: behind it so that DNS falls back to TCP, or use a hop that carries packets";
    }

    /// <summary>Why, and what to do.</summary>
    public string Reason { get; }

    /// <inheritdoc/>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromException<IPacketConnection>(new DialException(DialFailure.NotAllowed, Reason));
}
