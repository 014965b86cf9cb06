namespace NetControl.Network;

/// <summary>One query of a <see cref="DnsInterceptSession"/>, with a session of its own at the queries' proxy, as that session's receiver.</summary>
/// <remarks>Its answer may come while it is still being asked; then it has ended before it knows its sender.</remarks>
internal sealed class DnsInterceptQuery(DnsInterceptSession session, IPacketResponseReceiver responses, AddrPort localResolver)
    : IPacketResponseReceiver, IPacketErrorReceiver
{
    private ITimer? _timer;
    private IPacketRequestSender? _sender;
    private int _answered;
    private int _closed;
    private int _ended;

    /// <summary>Gives the query its time.</summary>
    public void StartTimer(DnsInterceptOptions options)
    {
        ITimer timer = options.TimeProvider.CreateTimer(
            static query => ((DnsInterceptQuery)query!).Finish(), this, options.QueryTimeout, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _timer, timer);
        if (Volatile.Read(ref _ended) != 0)
        {
            timer.Dispose(); // the session was closed meanwhile
        }
    }

    /// <summary>Opens the session and sends.</summary>
    /// <exception cref="NetworkException">It could not be asked; its place is kept until the timeout.</exception>
    public int Ask(IPacketProxy proxy, ReadOnlySpan<byte> payload, in AddrPort remoteResolver)
    {
        try
        {
            IPacketRequestSender sender = proxy.NewSession(this);
            Volatile.Write(ref _sender, sender);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _ended) != 0)
            {
                CloseSender();
                throw new NetworkException(NetworkError.Closed);
            }

            return sender.WriteTo(payload, remoteResolver);
        }
        catch (Exception e) when (e is DialException or NetworkException { Error: NetworkError.Closed })
        {
            if (Volatile.Read(ref _ended) != 0)
            {
                throw new NetworkException(NetworkError.Closed);
            }

            CloseSender();
            throw new NetworkException(NetworkError.PortUnreachable, $"the resolver {remoteResolver} cannot be asked: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public int WriteFrom(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
        {
            return payload.Length; // the first answer is the answer
        }

        try
        {
            return responses.WriteFrom(payload, localResolver);
        }
        finally
        {
            Finish();
        }
    }

    /// <inheritdoc/>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason) =>
        (responses as IPacketErrorReceiver)?.OnUnreachable(localResolver, reason);

    /// <inheritdoc/>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }
    }

    /// <summary>Ends it, and the session at the queries' proxy. Any number of times.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            Volatile.Read(ref _timer)?.Dispose();
            CloseSender();
        }
    }

    private void Finish()
    {
        End();
        session.Remove(this);
    }

    private void CloseSender()
    {
        try
        {
            Interlocked.Exchange(ref _sender, null)?.Close();
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            // The proxy had ended it.
        }
    }
}
