namespace NetControl.Network;

/// <summary>Options of a packet listener proxy.</summary>
public sealed record PacketListenerProxyOptions
{
    /// <summary>The default write-idle timeout: 30 seconds.</summary>
    public static readonly TimeSpan DefaultWriteIdleTimeout = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _writeIdleTimeout = DefaultWriteIdleTimeout;

    /// <summary>How long a session lives after the last datagram the application sent. Replies do not prolong it (RFC 4787 section 4.3).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not greater than zero.</exception>
    public TimeSpan WriteIdleTimeout
    {
        get => _writeIdleTimeout;
        init
        {
            if (value <= TimeSpan.Zero)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "the write-idle timeout must be greater than 0");
            }

            _writeIdleTimeout = value;
        }
    }

    /// <summary>How many datagrams wait while a listener that must talk to a proxy first is being opened; further ones are dropped.</summary>
    public int OpeningQueueLength { get; init; } = 64;

    /// <summary>The clock and the timers. A loop's own provider keeps a session's expiry on its loop.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
