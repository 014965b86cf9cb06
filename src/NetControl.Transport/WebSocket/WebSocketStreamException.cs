namespace NetControl.Transport.WebSocket;

/// <summary>A WebSocket that was closed for a reason, or broke the protocol.</summary>
public sealed class WebSocketStreamException : IOException
{
    internal WebSocketStreamException(WebSocketCloseCode? code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    /// <summary>What the server said, or what we say of it; null if the connection just ended.</summary>
    public WebSocketCloseCode? Code { get; }
}
