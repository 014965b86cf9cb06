namespace NetControl.Network;

/// <summary>
/// A packet proxy that opens one socket of a packet listener per session and closes it when the application stops sending.
/// </summary>
/// <remarks>
/// The write-idle timer is restarted by <see cref="IPacketRequestSender.WriteTo"/> only, never by what comes in, so that a stranger cannot
/// keep a session alive (RFC 4787 section 4.3). When it expires the sender is closed, the socket disposed of, and the receiver closed once.
/// The senders are <see cref="IPacketSessionOutcome"/>s. With a loop's own listener and <see cref="TimeProvider"/> a session never leaves
/// the loop's thread; otherwise any thread may do anything at any time.
/// </remarks>
public sealed class PacketListenerProxy : IPacketProxy
{
    private readonly IPacketListener _listener;
    private readonly PacketListenerProxyOptions _options;

    /// <summary>Makes a proxy whose sessions send through sockets of this listener.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="listener"/> is null.</exception>
    public PacketListenerProxy(IPacketListener listener, PacketListenerProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        _listener = listener;
        _options = options ?? new PacketListenerProxyOptions();
    }

    /// <summary>The options this proxy was made with.</summary>
    public PacketListenerProxyOptions Options => _options;

    /// <inheritdoc/>
    /// <remarks>
    /// A listener that fails at once fails this call, with its exception as it is. One that must talk to a proxy first lets this call
    /// return at once: datagrams then wait in a short queue, and a late failure ends the session.
    /// </remarks>
    public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        ValueTask<IPacketConnection> opening = _listener.ListenAsync(CancellationToken.None);
        if (opening.IsCompleted)
        {
            var session = new PacketListenerSession(responses, _options, opening.GetAwaiter().GetResult());
            session.Start();
            return session;
        }

        var waiting = new PacketListenerSession(responses, _options, connection: null);
        waiting.Start(opening);
        return waiting;
    }
}
