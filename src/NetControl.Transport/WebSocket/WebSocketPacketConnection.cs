using NetControl.Network;

namespace NetControl.Transport.WebSocket;

/// <summary>A packet socket of WebSockets, one to each destination that was sent to.</summary>
/// <remarks>
/// Owns them. A WebSocket that ends is forgotten, and the next datagram makes a new one: UDP makes no promise. The handler is called by one of
/// them at a time. Owner: on an event loop, that loop; otherwise any thread.
/// </remarks>
internal sealed class WebSocketPacketConnection : IPacketConnection
{
    private const int MaxDatagram = 65_507;
    private const int MaxChannels = 64;
    private readonly Lock _gate = new();
    private readonly Lock _delivery = new();
    private readonly Func<HostPort, CancellationToken, ValueTask<IStreamConnection>> _dial;
    private readonly HostPort? _server;
    private readonly Dictionary<AddrPort, WebSocketChannel> _channels = [];
    private readonly TaskCompletionSource _listening = new();
    private IPacketHandler? _handler;
    private bool _disposed;
    private bool _closeTold;

    /// <summary>Makes a socket.</summary>
    /// <param name="dial">Opens a WebSocket.</param>
    /// <param name="server">Where all WebSockets lead, or null for the datagrams' destinations.</param>
    public WebSocketPacketConnection(Func<HostPort, CancellationToken, ValueTask<IStreamConnection>> dial, HostPort? server)
    {
        _dial = dial;
        _server = server;
    }

    /// <summary>Done when there is somebody who hears.</summary>
    public Task Listening => _listening.Task;

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (payload.Length > MaxDatagram)
        {
            throw new NetworkException(NetworkError.MessageTooLarge);
        }

        WebSocketChannel? channel;
        bool fresh = false;
        lock (_gate)
        {
            if (_disposed)
            {
                throw new NetworkException(NetworkError.Closed);
            }

            if (!_channels.TryGetValue(destination, out channel))
            {
                if (_channels.Count == MaxChannels)
                {
                    return false;
                }

                fresh = true;
                _channels.Add(destination, channel = new WebSocketChannel(this, destination));
            }
        }

        bool taken = channel.Send(payload);
        if (fresh)
        {
            channel.Start(_dial, _server ?? new HostPort(destination));
        }

        return taken;
    }

    /// <inheritdoc/>
    public void Receive(IPacketHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (Interlocked.CompareExchange(ref _handler, handler, null) is not null)
        {
            throw new InvalidOperationException("Receive was called before");
        }

        _listening.SetResult();
        TellClosed();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        WebSocketChannel[] channels;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            channels = [.. _channels.Values];
            _channels.Clear();
        }

        foreach (WebSocketChannel channel in channels)
        {
            channel.Dispose();
        }

        TellClosed();
    }

    /// <summary>A datagram came.</summary>
    public void Deliver(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        lock (_delivery)
        {
            if (!_closeTold)
            {
                _handler!.OnPacket(payload, source);
            }
        }
    }

    /// <summary>A WebSocket is over, or never came to be.</summary>
    public void Forget(WebSocketChannel channel, DialException? failure)
    {
        lock (_gate)
        {
            if (!_channels.TryGetValue(channel.Destination, out WebSocketChannel? current) || current != channel)
            {
                return;
            }

            _channels.Remove(channel.Destination);
        }

        if (failure is null)
        {
            return;
        }

        lock (_delivery)
        {
            if (!_closeTold && _handler is { } handler)
            {
                handler.OnUnreachable(channel.Destination, failure.Failure switch
                {
                    DialFailure.NotAllowed => UnreachableReason.Prohibited,
                    DialFailure.NetworkUnreachable => UnreachableReason.Network,
                    DialFailure.Refused => UnreachableReason.Port,
                    _ => UnreachableReason.Host,
                });
            }
        }
    }

    private void TellClosed()
    {
        IPacketHandler? handler;
        lock (_gate)
        {
            handler = _disposed ? _handler : null;
        }

        lock (_delivery)
        {
            if (handler is null || _closeTold)
            {
                return;
            }

            _closeTold = true;
            handler.OnClosed(null);
        }
    }
}
