using NetControl.Network;

namespace NetControl.Engine.Tests;

/// <summary>Streams that add nothing to what they wrap but hide that it is a socket of the loop: the cheapest layer that there can be.</summary>
internal sealed class LayeredDialer(IStreamDialer inner) : IStreamDialer
{
    /// <summary>How many reads had to wait while they held a buffer.</summary>
    public int WaitsWithBuffer { get; private set; }

    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        new Layer(this, await inner.DialAsync(destination, cancellationToken));

    private sealed class Layer(LayeredDialer dialer, IStreamConnection inner) : IStreamConnection
    {
        public AddrPort LocalAddress => inner.LocalAddress;

        public AddrPort RemoteAddress => inner.RemoteAddress;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ValueTask<int> read = inner.ReadAsync(buffer, cancellationToken);
            dialer.WaitsWithBuffer += !read.IsCompleted && !buffer.IsEmpty ? 1 : 0;
            return read;
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);

        public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => inner.CloseWriteAsync(cancellationToken);

        public void CloseRead() => inner.CloseRead();

        public void Abort() => inner.Abort();

        public void Dispose() => inner.Dispose();
    }
}
