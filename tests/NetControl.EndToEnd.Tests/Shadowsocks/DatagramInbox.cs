using System.Threading.Channels;
using NetControl.Network;

namespace NetControl.EndToEnd.Tests.Shadowsocks;

/// <summary>Keeps what a packet socket receives, for a test to wait on.</summary>
internal sealed class DatagramInbox : IPacketHandler
{
    private readonly Channel<(byte[] Payload, AddrPort Source)> _packets = Channel.CreateUnbounded<(byte[] Payload, AddrPort Source)>();

    /// <summary>The next datagram.</summary>
    public Task<(byte[] Payload, AddrPort Source)> NextAsync(CancellationToken cancellationToken) => _packets.Reader.ReadAsync(cancellationToken).AsTask();

    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source) => _packets.Writer.TryWrite((payload.ToArray(), source));

    public void OnUnreachable(in AddrPort destination, UnreachableReason reason)
    {
    }

    public void OnClosed(Exception? error) => _packets.Writer.TryComplete(error);
}
