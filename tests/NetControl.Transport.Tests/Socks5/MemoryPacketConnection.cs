using NetControl.Network;

namespace NetControl.Transport.Tests.Socks5;

/// <summary>A socket of <see cref="MemoryPacketListener"/>.</summary>
internal sealed class MemoryPacketConnection : IPacketConnection
{
    public List<(byte[] Payload, AddrPort Destination)> Sent { get; } = [];

    public bool Record { get; set; } = true;

    public bool Disposed { get; private set; }

    public Action? BeforeSend { get; set; }

    public IPacketHandler? Handler { get; private set; }

    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        BeforeSend?.Invoke();
        if (Record)
        {
            Sent.Add((payload.ToArray(), destination));
        }

        return true;
    }

    public void Receive(IPacketHandler handler)
    {
        ObjectDisposedException.ThrowIf(Disposed, this);
        Handler = handler;
    }

    public void Dispose()
    {
        if (!Disposed)
        {
            Disposed = true;
            Handler?.OnClosed(null);
        }
    }
}
