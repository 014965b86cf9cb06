using NetControl.Network;

namespace NetControl.Engine.Tests;

/// <summary>Streams that have done their part when they are given: whoever does not put them aside fails.</summary>
internal sealed class PassingDialer(IStreamDialer inner) : IStreamDialer
{
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        new Passing(new Passing(await inner.DialAsync(destination, cancellationToken)));

    private sealed class Passing(IStreamConnection beneath) : IPassingConnection
    {
        public IStreamConnection Beneath => beneath;

        public AddrPort LocalAddress => beneath.LocalAddress;

        public AddrPort RemoteAddress => beneath.RemoteAddress;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw Used();

        public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw Used();

        public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => throw Used();

        public void CloseRead() => throw Used();

        public void Abort() => throw Used();

        public void Dispose() => throw Used();

        private static InvalidOperationException Used() => new("what lies beneath was to be used");
    }
}
