using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>A packet socket at a SOCKS5 proxy's relay, and the control connection that keeps it alive.</summary>
/// <remarks>
/// Owns both; the end of either ends the other. The handler hears everything, its end included, from the datagram socket's own calls, so
/// that they stay one at a time.
/// </remarks>
internal sealed class Socks5PacketConnection : IPacketConnection, IPacketHandler
{
    private const int MaxDatagramV4 = 65_507;
    private const int MaxDatagramV6 = 65_527;

    [ThreadStatic]
    private static byte[]? t_buffer;

    private readonly IStreamConnection _control;
    private readonly IPacketConnection _datagrams;
    private readonly AddrPort _relay;
    private readonly HostPort? _server;
    private Destination? _lastSent; // of no other use than to say from where a server's answers come
    private IPacketHandler? _handler;
    private volatile Exception? _controlError;
    private volatile bool _closed;
    private int _closeReported;

    /// <summary>Makes a socket.</summary>
    /// <param name="control">Ends the association when it ends.</param>
    /// <param name="datagrams">Carries datagrams to the relay.</param>
    /// <param name="relay">The relay.</param>
    /// <param name="server">Where all datagrams go, whatever address they are sent to; null for that address.</param>
    internal Socks5PacketConnection(IStreamConnection control, IPacketConnection datagrams, AddrPort relay, HostPort? server = null)
    {
        _control = control;
        _datagrams = datagrams;
        _relay = relay;
        _server = server;
    }

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (_closed)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        HostPort target = _server ?? destination;
        if (Socks5Datagram.HeaderLength(target) + payload.Length > (_relay.IsV4 ? MaxDatagramV4 : MaxDatagramV6))
        {
            throw new NetworkException(NetworkError.MessageTooLarge, "message is larger than a datagram to the SOCKS5 relay can be");
        }

        if (_server is not null && _lastSent?.Address != destination)
        {
            _lastSent = new Destination(destination);
        }

        // Taken out while in use: a socket that delivers inside Send may lead back here on the same thread.
        byte[] buffer = t_buffer ?? GC.AllocateUninitializedArray<byte>(MaxDatagramV6);
        t_buffer = null;
        try
        {
            int header = Socks5Datagram.WriteHeader(buffer, target);
            payload.CopyTo(buffer.AsSpan(header));
            return _datagrams.Send(buffer.AsSpan(0, header + payload.Length), _relay);
        }
        finally
        {
            t_buffer = buffer;
        }
    }

    /// <inheritdoc/>
    public void Receive(IPacketHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (Interlocked.CompareExchange(ref _handler, handler, null) is not null)
        {
            throw new InvalidOperationException("Receive was called before");
        }

        try
        {
            _datagrams.Receive(this);
        }
        catch (Exception e) when (_closed && e is NetworkException or ObjectDisposedException)
        {
            // The control connection ended before anybody listened.
            OnClosed(null);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _closed = true;
        _datagrams.Dispose();
        _control.Dispose();
    }

    /// <inheritdoc/>
    /// <remarks>Only the relay is heard: anyone may send to the socket, but only the relay speaks for the proxy.</remarks>
    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (source != _relay)
        {
            return;
        }

        if (_server is null)
        {
            if (Socks5Datagram.TryParse(payload, out AddrPort origin, out ReadOnlySpan<byte> data))
            {
                _handler!.OnPacket(data, origin);
            }
        }
        else if (_lastSent is { } server && Socks5Datagram.TrySkipHeader(payload, out ReadOnlySpan<byte> answer))
        {
            _handler!.OnPacket(answer, server.Address);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// An error about the relay says nothing about any one destination; the control connection tells if the proxy is gone.
    /// </remarks>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason)
    {
    }

    /// <inheritdoc/>
    public void OnClosed(Exception? error)
    {
        if (Interlocked.Exchange(ref _closeReported, 1) == 0)
        {
            Dispose();
            _handler!.OnClosed(_controlError ?? error);
        }
    }

    /// <summary>Starts to watch the control connection.</summary>
    internal void Watch() => _ = WatchAsync();

    private async Task WatchAsync()
    {
        byte[] ignored = new byte[16];
        Exception? cause = null;
        try
        {
            // Nothing is due on this connection; whatever a proxy says here means nothing, only its end does.
            while (await _control.ReadAsync(ignored) != 0)
            {
            }
        }
        catch (Exception e)
        {
            cause = e;
        }

        if (!_closed)
        {
            _controlError = new Socks5Exception(DialFailure.ProxyUnreachable, "the SOCKS5 proxy ended the UDP association", cause);
            Dispose();
        }
    }

    /// <summary>An address that one thread writes and another reads, in one piece.</summary>
    private sealed record Destination(AddrPort Address);
}
