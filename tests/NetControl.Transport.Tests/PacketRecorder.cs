using System.Threading.Channels;
using NetControl.Network;

namespace NetControl.Transport.Tests;

/// <summary>A packet handler that a test can wait on.</summary>
internal sealed class PacketRecorder : IPacketHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<(byte[] Payload, AddrPort Source)> _packets = Channel.CreateUnbounded<(byte[] Payload, AddrPort Source)>();
    private readonly Channel<(AddrPort Destination, UnreachableReason Reason)> _unreachable =
        Channel.CreateUnbounded<(AddrPort Destination, UnreachableReason Reason)>();

    private readonly TaskCompletionSource<Exception?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _closes;

    public bool Record { get; set; } = true;

    public int Packets { get; private set; }

    public int Closes => Volatile.Read(ref _closes);

    public Task<Exception?> Closed => _closed.Task.WaitAsync(Patience);

    public Task<(byte[] Payload, AddrPort Source)> NextAsync() => _packets.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task<(AddrPort Destination, UnreachableReason Reason)> NextUnreachableAsync() => _unreachable.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        Packets++;
        if (Record)
        {
            _packets.Writer.TryWrite((payload.ToArray(), source));
        }
    }

    public void OnUnreachable(in AddrPort destination, UnreachableReason reason) => _unreachable.Writer.TryWrite((destination, reason));

    public void OnClosed(Exception? error)
    {
        Interlocked.Increment(ref _closes);
        _closed.TrySetResult(error);
    }
}
