using NetControl.Network;

namespace NetControl.Engine.Tests.Flows;

/// <summary>A packet proxy that takes everything and answers nothing; keeps the last session's receiver.</summary>
internal sealed class SilentProxy : IPacketProxy, IPacketRequestSender
{
    private int _sessions;

    public int Sessions => Volatile.Read(ref _sessions);

    public IPacketResponseReceiver? Receiver { get; private set; }

    public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
    {
        Interlocked.Increment(ref _sessions);
        Receiver = responses;
        return this;
    }

    public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination) => payload.Length;

    public void Close()
    {
    }
}
