using NetControl.Network;

namespace NetControl.Transport.Tests;

/// <summary>The application side of one packet session, for a test to wait on.</summary>
internal sealed class PacketReceiver : IPacketResponseReceiver
{
    public TaskCompletionSource<byte[]> Received { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int WriteFrom(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        Received.TrySetResult(payload.ToArray());
        return payload.Length;
    }

    public void Close() => Closed.SetResult();
}
