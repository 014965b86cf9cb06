using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>One session of a <see cref="DnsSplitPacketProxy"/>. Whoever made it judges when it is idle, and closes it.</summary>
internal sealed class DnsSplitSession(DnsSplitter splitter, IPacketProxy others, IPacketResponseReceiver responses)
    : IPacketRequestSender, IPacketResponseReceiver, IPacketErrorReceiver, IDisposable
{
    // What a client may have under way; a further query is dropped, as UDP may, and asked again.
    private const int MostPending = 64;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private IPacketRequestSender? _others;
    private int _pending;
    private int _closed;

    /// <inheritdoc/>
    public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (Volatile.Read(ref _closed) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (destination.Port != DnsServerOption.DnsPort)
        {
            return Others().WriteTo(payload, destination);
        }

        if (Interlocked.Increment(ref _pending) > MostPending)
        {
            Interlocked.Decrement(ref _pending);
        }
        else
        {
            _ = AnswerAsync(payload.ToArray(), destination);
        }

        return payload.Length;
    }

    /// <inheritdoc/>
    void IPacketRequestSender.Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        Dispose();
        IPacketRequestSender? inner;
        lock (_lock)
        {
            inner = _others;
            _others = null;
        }

        CloseQuietly(inner);
        try
        {
            responses.Close();
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            // The application side was faster.
        }
    }

    /// <inheritdoc/>
    int IPacketResponseReceiver.WriteFrom(ReadOnlySpan<byte> payload, in AddrPort source) => responses.WriteFrom(payload, source);

    /// <inheritdoc/>
    void IPacketErrorReceiver.OnUnreachable(in AddrPort destination, UnreachableReason reason) =>
        (responses as IPacketErrorReceiver)?.OnUnreachable(destination, reason);

    /// <inheritdoc/>
    void IPacketResponseReceiver.Close()
    {
        lock (_lock)
        {
            _others = null; // the next datagram gets a new one
        }
    }

    /// <summary>Gives up the queries under way.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private async Task AnswerAsync(byte[] query, AddrPort server)
    {
        try
        {
            if (await splitter.AnswerAsync(query, _end.Token) is { } answer && Volatile.Read(ref _closed) == 0)
            {
                responses.WriteFrom(DnsReply.FitForUdp(query, answer), server);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or NetworkException)
        {
            // The session has ended.
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private IPacketRequestSender Others()
    {
        lock (_lock)
        {
            try
            {
                return _others ??= others.NewSession(this);
            }
            catch (DialException e)
            {
                throw new NetworkException(NetworkError.PortUnreachable, $"no way out: {e.Message}", e);
            }
        }
    }

    private static void CloseQuietly(IPacketRequestSender? sender)
    {
        try
        {
            sender?.Close();
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            // The proxy had ended it.
        }
    }
}
