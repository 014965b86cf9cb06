namespace NetControl.Transport.Http2;

/// <summary>The other side broke the protocol; the connection has to end, and is told why.</summary>
internal sealed class Http2ProtocolException(Http2ErrorCode code, string message) : Exception(message)
{
    /// <summary>What GOAWAY says.</summary>
    public Http2ErrorCode Code { get; } = code;
}
