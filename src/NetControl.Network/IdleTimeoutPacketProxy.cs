namespace NetControl.Network;

/// <summary>A packet proxy that puts an idle limit around another: a session ends when its application sends nothing for the timeout.</summary>
/// <remarks>
/// Idleness counts from the session's start and from each attempt to send, also one that fails; what comes in does not count (RFC 4787
/// section 4.3). The receiver goes to the inner proxy as it is, and is closed by it as it always is. The senders are
/// <see cref="IPacketSessionOutcome"/>s.
/// </remarks>
public sealed class IdleTimeoutPacketProxy : IPacketProxy
{
    private readonly IPacketProxy _inner;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;

    /// <summary>Limits another proxy's sessions.</summary>
    /// <param name="inner">The proxy that does the work.</param>
    /// <param name="timeout">How long a session may be idle.</param>
    /// <param name="timeProvider">The clock and the timers; an event loop's where sessions live on loops.</param>
    /// <exception cref="ArgumentNullException"><paramref name="inner"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not greater than zero.</exception>
    public IdleTimeoutPacketProxy(IPacketProxy inner, TimeSpan timeout, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        if (timeout <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "the idle timeout must be greater than 0");
        }

        _inner = inner;
        _timeout = timeout;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
    {
        var session = new IdleTimeoutSession(_inner.NewSession(responses), _timeout, _timeProvider);
        session.Start();
        return session;
    }
}
