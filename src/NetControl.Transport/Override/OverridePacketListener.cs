using NetControl.Network;

namespace NetControl.Transport.Override;

/// <summary>Opens sockets whose packets go to another address, another port, or both; answers seem to come from where the packet was meant to go.</summary>
public sealed class OverridePacketListener : IPacketListener
{
    private readonly IPacketListener _inner;
    private readonly OverrideTarget _target;

    /// <summary>Makes a listener.</summary>
    /// <param name="inner">Opens the sockets.</param>
    /// <param name="address">The address to send to; null for the one asked for.</param>
    /// <param name="port">The port to send to; null for the one asked for.</param>
    public OverridePacketListener(IPacketListener inner, IpAddr? address, ushort? port)
        : this(inner, new OverrideTarget(address?.ToString(), port))
    {
    }

    internal OverridePacketListener(IPacketListener inner, OverrideTarget target)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _target = target;
    }

    /// <inheritdoc/>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<IPacketConnection> opening = _inner.ListenAsync(cancellationToken);
        return WrapAsync(opening);
    }

    private async ValueTask<IPacketConnection> WrapAsync(ValueTask<IPacketConnection> opening) => new OverridePacketConnection(await opening, _target);
}
