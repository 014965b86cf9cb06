namespace NetControl.Network;

/// <summary>Why a packet session ended.</summary>
public enum PacketSessionEnd
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>It was closed on purpose, by the application side or by whoever owns the socket.</summary>
    Closed,

    /// <summary>The application sent nothing for the write-idle timeout.</summary>
    Idle,

    /// <summary>The socket, or the proxy behind it, could not be opened or broke.</summary>
    UpstreamFailed,

    /// <summary>The receiver failed to take a datagram.</summary>
    ReceiverFailed,
}
