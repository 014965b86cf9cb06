using NetControl.Network;

namespace NetControl.Transport.WebSocket;

/// <summary>A server that does not open a WebSocket: it cannot be reached, says no, or speaks something else.</summary>
public sealed class WebSocketHandshakeException : DialException
{
    internal WebSocketHandshakeException(DialFailure failure, string message, int? statusCode = null, Exception? innerException = null)
        : base(failure, message, innerException)
    {
        StatusCode = statusCode;
    }

    /// <summary>The server's answer, or null if the conversation did not get that far.</summary>
    public int? StatusCode { get; }
}
