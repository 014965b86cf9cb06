using System.Collections.Concurrent;

namespace NetControl.Network.Tests;

/// <summary>
/// A packet listener whose sockets record what is sent and receive what the test says; it opens at once unless told to wait.
/// </summary>
internal sealed class FakePacketListener : IPacketListener
{
    private readonly ConcurrentQueue<FakePacketConnection> _opened = new();

    public Exception? Error { get; init; }

    public TaskCompletionSource<IPacketConnection>? Opening { get; init; }

    public CancellationToken SeenToken { get; private set; }

    public int Opened => _opened.Count;

    public FakePacketConnection Last => _opened.Last();

    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        SeenToken = cancellationToken;
        if (Error is not null)
        {
            return ValueTask.FromException<IPacketConnection>(Error);
        }

        if (Opening is not null)
        {
            return new ValueTask<IPacketConnection>(Opening.Task);
        }

        var connection = new FakePacketConnection();
        _opened.Enqueue(connection);
        return new ValueTask<IPacketConnection>(connection);
    }
}
