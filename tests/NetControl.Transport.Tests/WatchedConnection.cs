using NetControl.Network;

namespace NetControl.Transport.Tests;

/// <summary>A connection that tells a test what was done with it.</summary>
internal sealed class WatchedConnection(IStreamConnection inner) : IStreamConnection
{
    public long BytesRead { get; private set; }

    public bool Disposed { get; private set; }

    public AddrPort LocalAddress => inner.LocalAddress;

    public AddrPort RemoteAddress => inner.RemoteAddress;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken);
        BytesRead += read;
        return read;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => inner.CloseWriteAsync(cancellationToken);

    public void CloseRead() => inner.CloseRead();

    public void Abort() => inner.Abort();

    public void Dispose()
    {
        Disposed = true;
        inner.Dispose();
    }
}
