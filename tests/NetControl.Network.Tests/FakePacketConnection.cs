using System.Collections.Concurrent;

namespace NetControl.Network.Tests;

/// <summary>A packet socket of <see cref="FakePacketListener"/>.</summary>
internal sealed class FakePacketConnection : IPacketConnection
{
    private IPacketHandler? _handler;
    private int _disposals;

    public ConcurrentQueue<(byte[] Payload, AddrPort Destination)> Sent { get; } = new();

    public bool Record { get; set; } = true;

    public NetworkError? SendError { get; set; }

    public Exception? ReceiveError { get; init; }

    public int Disposals => Volatile.Read(ref _disposals);

    public IPacketHandler Handler => _handler ?? throw new InvalidOperationException("Receive was not called");

    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (Disposals > 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (SendError is { } error)
        {
            throw new NetworkException(error);
        }

        if (Record)
        {
            Sent.Enqueue((payload.ToArray(), destination));
        }

        return true;
    }

    public void Receive(IPacketHandler handler)
    {
        if (ReceiveError is not null)
        {
            throw ReceiveError;
        }

        _handler = handler;
    }

    public void Dispose()
    {
        if (Interlocked.Increment(ref _disposals) == 1)
        {
            _handler?.OnClosed(null);
        }
    }
}
