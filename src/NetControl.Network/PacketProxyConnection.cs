namespace NetControl.Network;

/// <summary>A socket of a <see cref="PacketProxyListener"/>: a session of its proxy, and that session's receiver.</summary>
/// <remarks>Calls of the handler come one at a time as far as the proxy's calls of a receiver do, which for one socket beneath is so.</remarks>
internal sealed class PacketProxyConnection : IPacketConnection, IPacketResponseReceiver, IPacketErrorReceiver
{
    private const int MaxEarly = 64;

    // Guards the way from "nobody listens" to "the handler hears": nothing that is early may be overtaken.
    private readonly Lock _lock = new();
    private readonly IPacketRequestSender _sender;
    private Queue<(byte[] Payload, AddrPort Source)>? _early = new();
    private volatile IPacketHandler? _handler;
    private int _closed;
    private int _closeTold;

    internal PacketProxyConnection(IPacketProxy proxy) => _sender = proxy.NewSession(this);

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        _sender.WriteTo(payload, destination);
        return true;
    }

    /// <inheritdoc/>
    public void Receive(IPacketHandler handler)
    {
        lock (_lock)
        {
            while (_early!.TryDequeue(out (byte[] Payload, AddrPort Source) datagram))
            {
                handler.OnPacket(datagram.Payload, datagram.Source);
            }

            _early = null;
            _handler = handler;
        }

        Interlocked.MemoryBarrier();
        TellClosed();
    }

    /// <inheritdoc/>
    public int WriteFrom(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (Volatile.Read(ref _closed) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (_handler is { } handler || !TryKeep(payload, source, out handler))
        {
            handler.OnPacket(payload, source);
        }

        return payload.Length;
    }

    /// <inheritdoc/>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason) => _handler?.OnUnreachable(destination, reason);

    /// <inheritdoc/>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        Interlocked.MemoryBarrier();
        TellClosed();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _sender.Close();
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            // The session had ended.
        }
    }

    private bool TryKeep(ReadOnlySpan<byte> payload, in AddrPort source, out IPacketHandler handler)
    {
        lock (_lock)
        {
            handler = _handler!;
            if (handler is null && _early!.Count < MaxEarly)
            {
                _early.Enqueue((payload.ToArray(), source));
            }

            return handler is null;
        }
    }

    private void TellClosed()
    {
        if (_handler is { } handler && Volatile.Read(ref _closed) != 0 && Interlocked.Exchange(ref _closeTold, 1) == 0)
        {
            handler.OnClosed((_sender as IPacketSessionOutcome)?.Failure);
        }
    }
}
