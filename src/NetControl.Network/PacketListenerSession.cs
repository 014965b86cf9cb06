namespace NetControl.Network;

/// <summary>
/// One session of a <see cref="PacketListenerProxy"/>: the sender, the socket's handler and the idle timer in one object.
/// </summary>
/// <remarks>
/// <para>Nothing on a datagram's way allocates, locks or sets a timer.</para>
/// <code>
///  opening --open--&gt; open --Close | idle | upstream | receiver--&gt; ended      _end goes from None to its last value once, by one
///     `-------------- the same ------------------------------------^         compare-and-swap: who wins it does the closing
/// </code>
/// </remarks>
internal sealed class PacketListenerSession : IPacketRequestSender, IPacketHandler, IPacketSessionOutcome
{
    private const int MaxPayloadV4 = 65_507;
    private const int MaxPayloadV6 = 65_527;

    private readonly IPacketResponseReceiver _responses;
    private readonly IdleTimer _timer;
    private volatile IPacketConnection? _connection;
    private volatile OpeningQueue? _opening;
    private Exception? _failure;
    private int _end;

    internal PacketListenerSession(IPacketResponseReceiver responses, PacketListenerProxyOptions options, IPacketConnection? connection)
    {
        _responses = responses;
        _connection = connection;
        _opening = connection is null ? new OpeningQueue(options.OpeningQueueLength) : null;
        _timer = new IdleTimer(
            options.TimeProvider,
            options.WriteIdleTimeout,
            static session => ((PacketListenerSession)session!).TryEnd(PacketSessionEnd.Idle, failure: null),
            this);
    }

    /// <inheritdoc/>
    public PacketSessionEnd End => (PacketSessionEnd)Volatile.Read(ref _end);

    /// <inheritdoc/>
    public Exception? Failure => End is PacketSessionEnd.UpstreamFailed or PacketSessionEnd.ReceiverFailed ? _failure : null;

    /// <inheritdoc/>
    public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (Volatile.Read(ref _end) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        _timer.Touch();
        if (payload.Length > (destination.IsV4 ? MaxPayloadV4 : MaxPayloadV6))
        {
            throw new NetworkException(NetworkError.MessageTooLarge);
        }

        IPacketConnection? connection = _connection;
        if (connection is null)
        {
            return WriteWhileOpening(payload, destination);
        }

        Send(connection, payload, destination);
        return payload.Length;
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (!TryEnd(PacketSessionEnd.Closed, failure: null))
        {
            throw new NetworkException(NetworkError.Closed);
        }
    }

    /// <inheritdoc/>
    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (Volatile.Read(ref _end) != 0)
        {
            return;
        }

        try
        {
            _responses.WriteFrom(payload, source);
        }
        catch (Exception e)
        {
            TryEnd(PacketSessionEnd.ReceiverFailed, e);
        }
    }

    /// <inheritdoc/>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason)
    {
        if (Volatile.Read(ref _end) == 0 && _responses is IPacketErrorReceiver errors)
        {
            errors.OnUnreachable(destination, reason);
        }
    }

    /// <inheritdoc/>
    public void OnClosed(Exception? error) => TryEnd(error is null ? PacketSessionEnd.Closed : PacketSessionEnd.UpstreamFailed, error);

    /// <summary>Starts a session whose socket is open.</summary>
    internal void Start()
    {
        _timer.Start();
        Receive(_connection!);
    }

    /// <summary>Starts a session whose socket is still being opened.</summary>
    internal void Start(ValueTask<IPacketConnection> opening)
    {
        _timer.Start();
        _ = OpenAsync(opening);
    }

    private async Task OpenAsync(ValueTask<IPacketConnection> opening)
    {
        try
        {
            Open(await opening);
        }
        catch (Exception e)
        {
            TryEnd(PacketSessionEnd.UpstreamFailed, e);
        }
    }

    private void Open(IPacketConnection connection)
    {
        OpeningQueue queue = _opening!;
        lock (queue)
        {
            if (Volatile.Read(ref _end) == 0)
            {
                queue.SendAll(connection);
            }

            _connection = connection;
            _opening = null;
        }

        // Whoever ends the session sets _end and then reads _connection; here it is the other way round, so one of the two disposes.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _end) != 0)
        {
            connection.Dispose();
            return;
        }

        Receive(connection);
    }

    private void Receive(IPacketConnection connection)
    {
        try
        {
            connection.Receive(this);
        }
        catch (Exception e)
        {
            TryEnd(PacketSessionEnd.UpstreamFailed, e);
        }
    }

    private int WriteWhileOpening(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        OpeningQueue? queue = _opening;
        if (queue is not null)
        {
            lock (queue)
            {
                if (_connection is null)
                {
                    if (Volatile.Read(ref _end) != 0)
                    {
                        throw new NetworkException(NetworkError.Closed);
                    }

                    queue.Add(payload, destination);
                    return payload.Length;
                }
            }
        }

        // Null again means that the session ended while it was being opened.
        Send(_connection ?? throw new NetworkException(NetworkError.Closed), payload, destination);
        return payload.Length;
    }

    private void Send(IPacketConnection connection, ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        try
        {
            connection.Send(payload, destination);
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            TryEnd(PacketSessionEnd.UpstreamFailed, e);
            throw;
        }
    }

    private bool TryEnd(PacketSessionEnd end, Exception? failure)
    {
        if (failure is not null)
        {
            // Before the swap, so that whoever sees the end sees its reason; a loser of the swap must not overwrite the winner's.
            Interlocked.CompareExchange(ref _failure, failure, null);
        }

        if (Interlocked.CompareExchange(ref _end, (int)end, (int)PacketSessionEnd.None) != (int)PacketSessionEnd.None)
        {
            return false;
        }

        _timer.Stop();
        _connection?.Dispose();
        if (_opening is { } queue)
        {
            lock (queue)
            {
                queue.Clear();
            }
        }

        try
        {
            _responses.Close();
        }
        catch (NetworkException)
        {
            // The application side was faster, or is the one who called: it is closed, which is all that is wanted.
        }

        return true;
    }
}
