using NetControl.Network;

namespace NetControl.Transport.Block;

/// <summary>A packet socket that loses everything and hears nothing.</summary>
internal sealed class SilentPacketConnection : IPacketConnection
{
    private IPacketHandler? _handler;
    private int _closed;

    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination) =>
        Volatile.Read(ref _closed) == 0 ? false : throw new NetworkException(NetworkError.Closed);

    public void Receive(IPacketHandler handler)
    {
        if (Interlocked.CompareExchange(ref _handler, handler, null) is null && Volatile.Read(ref _closed) != 0)
        {
            Tell();
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref _closed, 1);
        Interlocked.MemoryBarrier();
        Tell();
    }

    private void Tell()
    {
        // Whoever takes the handler out tells it: once, whichever of the two calls came first.
        IPacketHandler? handler = Interlocked.Exchange(ref _handler, null);
        handler?.OnClosed(null);
    }
}
