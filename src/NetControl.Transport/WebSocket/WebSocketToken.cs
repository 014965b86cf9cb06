namespace NetControl.Transport.WebSocket;

/// <summary>What <see cref="WebSocketReader"/> has found.</summary>
internal enum WebSocketToken
{
    /// <summary>Nothing whole; more bytes are needed.</summary>
    More,

    /// <summary>Payload of a binary message.</summary>
    Payload,

    /// <summary>A message is over.</summary>
    MessageEnd,

    /// <summary>A ping; it wants its bytes back.</summary>
    Ping,

    /// <summary>The server sends no more.</summary>
    Close,
}
