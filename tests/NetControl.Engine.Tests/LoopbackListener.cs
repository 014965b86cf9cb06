using NetControl.Network;

namespace NetControl.Engine.Tests;

/// <summary>The twin of <see cref="LoopbackDialer"/> for datagrams.</summary>
internal sealed class LoopbackListener(IPacketListener inner) : IPacketListener
{
    public int Opened { get; private set; }

    public async ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        Opened++;
        return new Connection(await inner.ListenAsync(cancellationToken));
    }

    private sealed class Connection(IPacketConnection inner) : IPacketConnection
    {
        public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination) => inner.Send(payload, LoopbackDialer.Inside(destination));

        public void Receive(IPacketHandler handler) => inner.Receive(new Handler(handler));

        public void Dispose() => inner.Dispose();
    }

    private sealed class Handler(IPacketHandler inner) : IPacketHandler
    {
        public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source) => inner.OnPacket(payload, LoopbackDialer.Outside(source));

        public void OnUnreachable(in AddrPort destination, UnreachableReason reason) =>
            inner.OnUnreachable(LoopbackDialer.Outside(destination), reason);

        public void OnClosed(Exception? error) => inner.OnClosed(error);
    }
}
