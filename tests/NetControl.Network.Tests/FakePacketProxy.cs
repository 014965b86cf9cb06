using System.Collections.Concurrent;

namespace NetControl.Network.Tests;

/// <summary>A packet proxy whose sessions record what is sent, and fail as the test says.</summary>
internal sealed class FakePacketProxy : IPacketProxy
{
    private readonly ConcurrentQueue<FakePacketSession> _sessions = new();

    public Exception? Error { get; set; }

    public NetworkError? SendError { get; set; }

    public Action? BeforeSession { get; set; }

    public int Count => _sessions.Count;

    public FakePacketSession this[int index] => _sessions.ElementAt(index);

    public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
    {
        BeforeSession?.Invoke();
        if (Error is not null)
        {
            throw Error;
        }

        var session = new FakePacketSession(this, responses);
        _sessions.Enqueue(session);
        return session;
    }
}
