using NetControl.Network;

namespace NetControl.Transport.Split;

/// <summary>Dials streams whose first bytes are written in pieces, each by a call of its own: on a socket, a segment of its own.</summary>
/// <remarks>Each connection is cut from its own beginning. What comes behind the last cut passes as it was written.</remarks>
public sealed class SplitStreamDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly StreamSplit[] _splits;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Opens the connections.</param>
    /// <param name="splits">The pieces, in order.</param>
    public SplitStreamDialer(IStreamDialer inner, params IEnumerable<StreamSplit> splits)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(splits);
        _inner = inner;
        _splits = [.. splits.Where(static split => split.Count > 0 && split.Length > 0)];
    }

    /// <inheritdoc/>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        _splits.Length == 0 ? _inner.DialAsync(destination, cancellationToken) : WrapAsync(destination, cancellationToken);

    private async ValueTask<IStreamConnection> WrapAsync(HostPort destination, CancellationToken cancellationToken) =>
        new SplitConnection(await _inner.DialAsync(destination, cancellationToken), _splits);
}
