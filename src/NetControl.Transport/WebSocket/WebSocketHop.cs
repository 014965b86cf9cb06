using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.WebSocket;

/// <summary>WebSockets to whatever server the hop behind it dials: <c>tls:|ws:tcp_path=/a|ss://...</c>.</summary>
/// <remarks>Paths are treated as secrets: servers hide behind them.</remarks>
/// <param name="StreamPath">The path for streams, or null: then there are none.</param>
/// <param name="PacketPath">The path for packets, or null: then there are none.</param>
public sealed record WebSocketHop(string? StreamPath, string? PacketPath) : Hop
{
    /// <inheritdoc/>
    public override string Type => WebSocketHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => Write(StreamPath, PacketPath);

    /// <inheritdoc/>
    public override string Redacted => Write(StreamPath is null ? null : RedactedSecret, PacketPath is null ? null : RedactedSecret);

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return new Way(
            StreamPath is null ? new NoStreams() : new WebSocketStreamDialer(inner.Streams, StreamPath),
            PacketPath is null ? new NoPackets($"{Type} without udp_path") : new WebSocketPacketListener(inner.Streams, PacketPath));
    }

    private static string Write(string? streams, string? packets)
    {
        string tcp = streams is null ? "" : $"tcp_path={HopOptions.Encode(streams)}";
        string udp = packets is null ? "" : $"udp_path={HopOptions.Encode(packets)}";
        return $"{WebSocketHopType.Scheme}:{tcp}{(tcp.Length > 0 && udp.Length > 0 ? "&" : "")}{udp}";
    }

    /// <summary>The stream side of a hop without a path for them.</summary>
    private sealed class NoStreams : IStreamDialer
    {
        public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
            ValueTask.FromException<IStreamConnection>(new DialException(DialFailure.NotAllowed, "ws has no tcp_path, so it carries packets only"));
    }
}
