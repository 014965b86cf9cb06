using NetControl.Network;

namespace NetControl.Transport.Shadowsocks;

/// <summary>A packet socket at a Shadowsocks server.</summary>
/// <remarks>Owns the socket beneath it, and hears its end from it. Buffers: one for each way and thread.</remarks>
internal sealed class ShadowsocksPacketConnection : IPacketConnection, IPacketHandler
{
    private const int MaxDatagramV4 = 65_507;
    private const int MaxDatagramV6 = 65_527;

    [ThreadStatic]
    private static byte[]? t_sealed;

    [ThreadStatic]
    private static byte[]? t_opened;

    private readonly IPacketConnection _datagrams;
    private readonly AddrPort _server;
    private readonly PacketCodec _codec;
    private IPacketHandler? _handler;
    private volatile bool _closed;

    internal ShadowsocksPacketConnection(IPacketConnection datagrams, AddrPort server, PacketCodec codec)
    {
        _datagrams = datagrams;
        _server = server;
        _codec = codec;
    }

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (_closed)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (_codec.OverheadFor(destination) + payload.Length > (_server.IsV4 ? MaxDatagramV4 : MaxDatagramV6))
        {
            throw new NetworkException(NetworkError.MessageTooLarge, "message is larger than a datagram to the Shadowsocks server can be");
        }

        // Taken out while in use: a socket that delivers inside Send may lead back here on the same thread.
        byte[] buffer = t_sealed ?? GC.AllocateUninitializedArray<byte>(MaxDatagramV6);
        t_sealed = null;
        try
        {
            int length = _codec.Seal(buffer, payload, destination);
            return _datagrams.Send(buffer.AsSpan(0, length), _server);
        }
        catch (ObjectDisposedException)
        {
            throw new NetworkException(NetworkError.Closed);
        }
        finally
        {
            t_sealed = buffer;
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

        _datagrams.Receive(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _closed = true;
        _datagrams.Dispose();
        _codec.Dispose();
    }

    /// <inheritdoc/>
    /// <remarks>Only the server is heard, and what it cannot have sealed is dropped: UDP makes no promise.</remarks>
    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (source != _server)
        {
            return;
        }

        byte[] buffer = t_opened ?? GC.AllocateUninitializedArray<byte>(MaxDatagramV6);
        t_opened = null;
        try
        {
            if (_codec.TryOpen(payload, buffer, out AddrPort origin, out ReadOnlySpan<byte> data))
            {
                _handler!.OnPacket(data, origin);
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, on another thread.
        }
        finally
        {
            t_opened = buffer;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The server itself cannot be reached. That says nothing about any one destination, and there is no other connection that would tell of
    /// it: it is treated as loss, which it may be.
    /// </remarks>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason)
    {
    }

    /// <inheritdoc/>
    public void OnClosed(Exception? error)
    {
        Dispose();
        _handler!.OnClosed(error);
    }
}
