using NetControl.Network;

namespace NetControl.Transport.Tests.Socks5;

/// <summary>A packet listener without a network; completes inline, as a loop's listener does.</summary>
internal sealed class MemoryPacketListener : IPacketListener
{
    public List<MemoryPacketConnection> Opened { get; } = [];

    public MemoryPacketConnection Last => Opened[^1];

    public Exception? Error { get; set; }

    /// <summary>What the sockets that are opened from now on do before they send.</summary>
    public Action? BeforeSend { get; set; }

    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        if (Error is not null)
        {
            return ValueTask.FromException<IPacketConnection>(Error);
        }

        Opened.Add(new MemoryPacketConnection { BeforeSend = BeforeSend });
        return new ValueTask<IPacketConnection>(Last);
    }
}
