using System.Collections.Concurrent;

namespace NetControl.Network.Tests;

/// <summary>A session of <see cref="FakePacketProxy"/>; closing it closes its receiver, as the contract says.</summary>
internal sealed class FakePacketSession(FakePacketProxy proxy, IPacketResponseReceiver receiver) : IPacketRequestSender
{
    private int _closed;

    public ConcurrentQueue<(byte[] Payload, AddrPort Destination)> Sent { get; } = new();

    public IPacketResponseReceiver Receiver => receiver;

    public bool Closed => Volatile.Read(ref _closed) != 0;

    public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (proxy.SendError is { } error)
        {
            throw new NetworkException(error);
        }

        Sent.Enqueue((payload.ToArray(), destination));
        return payload.Length;
    }

    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        receiver.Close();
    }
}
