using NetControl.Network;

namespace NetControl.Transport.Shaping;

/// <summary>A connection that shapes the first bytes that are written, and nothing else; then it can be put aside.</summary>
/// <remarks>Owns the connection beneath, until <see cref="IPassingConnection.Beneath"/> has been taken. No buffer is kept when it is done.</remarks>
internal abstract class ShapingConnection(IStreamConnection inner) : IPassingConnection
{
    /// <inheritdoc/>
    public AddrPort LocalAddress => inner.LocalAddress;

    /// <inheritdoc/>
    public AddrPort RemoteAddress => inner.RemoteAddress;

    /// <inheritdoc/>
    public IStreamConnection? Beneath => IsDone ? inner : null;

    /// <summary>The connection beneath.</summary>
    protected IStreamConnection Inner => inner;

    /// <summary>Whether everything further passes unchanged. Never goes back.</summary>
    protected abstract bool IsDone { get; }

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        IsDone || buffer.IsEmpty ? inner.WriteAsync(buffer, cancellationToken) : ShapeAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => inner.CloseWriteAsync(cancellationToken);

    /// <inheritdoc/>
    public void CloseRead() => inner.CloseRead();

    /// <inheritdoc/>
    public void Abort() => inner.Abort();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    /// <summary>Writes bytes, not none, while <see cref="IsDone"/> is false.</summary>
    protected abstract ValueTask ShapeAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken);
}
