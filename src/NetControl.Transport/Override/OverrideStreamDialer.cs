using NetControl.Network;

namespace NetControl.Transport.Override;

/// <summary>Dials another host, another port, or both, whatever was asked for.</summary>
public sealed class OverrideStreamDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly OverrideTarget _target;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Opens the connections.</param>
    /// <param name="host">The host or address to dial; null for the one asked for.</param>
    /// <param name="port">The port to dial; null for the one asked for.</param>
    public OverrideStreamDialer(IStreamDialer inner, string? host, ushort? port)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _target = new OverrideTarget(host, port);
    }

    /// <inheritdoc/>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        _inner.DialAsync(_target.Apply(destination), cancellationToken);
}
