using System.Collections.Concurrent;

namespace NetControl.Network.Tests;

/// <summary>A receiver that records what it is told and can call back into its session at the worst moment.</summary>
internal sealed class RecordingReceiver : IPacketResponseReceiver, IPacketErrorReceiver
{
    private int _closes;
    private int _closeCalls;

    public ConcurrentQueue<(byte[] Payload, AddrPort Source)> Received { get; } = new();

    public ConcurrentQueue<(AddrPort Destination, UnreachableReason Reason)> Unreachable { get; } = new();

    public bool Record { get; set; } = true;

    public Exception? WriteError { get; set; }

    public Action? OnClose { get; set; }

    public int SuccessfulCloses => Volatile.Read(ref _closes);

    public int CloseCalls => Volatile.Read(ref _closeCalls);

    public int WriteFrom(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (WriteError is not null)
        {
            throw WriteError;
        }

        if (Record)
        {
            Received.Enqueue((payload.ToArray(), source));
        }

        return payload.Length;
    }

    public void OnUnreachable(in AddrPort destination, UnreachableReason reason) => Unreachable.Enqueue((destination, reason));

    public void Close()
    {
        if (Interlocked.Increment(ref _closeCalls) != 1)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        Interlocked.Increment(ref _closes);
        OnClose?.Invoke();
    }
}
