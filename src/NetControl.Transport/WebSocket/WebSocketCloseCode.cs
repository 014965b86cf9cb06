namespace NetControl.Transport.WebSocket;

/// <summary>Why a side closed (RFC 6455 section 7.4); other numbers may come.</summary>
public enum WebSocketCloseCode
{
    /// <summary>All was said.</summary>
    Normal = 1000,

    /// <summary>The server stops, or the client leaves.</summary>
    GoingAway = 1001,

    /// <summary>The rules were broken.</summary>
    ProtocolError = 1002,

    /// <summary>A kind of message that is not taken.</summary>
    UnsupportedData = 1003,

    /// <summary>No reason was given; never sent.</summary>
    NoStatus = 1005,

    /// <summary>A message against the other side's policy.</summary>
    PolicyViolation = 1008,

    /// <summary>A message that is too long.</summary>
    MessageTooBig = 1009,

    /// <summary>A fault of the server.</summary>
    InternalError = 1011,
}
