namespace NetControl.Transport.Http2;

/// <summary>A tunnel over HTTP/2 was reset, or its connection ended beneath it.</summary>
public sealed class Http2StreamException : IOException
{
    internal Http2StreamException(Http2ErrorCode? code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    /// <summary>What the proxy said, or null if the connection just ended.</summary>
    public Http2ErrorCode? Code { get; }

    internal static Http2StreamException Reset(Http2ErrorCode code) => new(code, code switch
    {
        Http2ErrorCode.ConnectError => "the connection behind the proxy was reset",
        _ => $"the proxy reset the tunnel: {code}",
    });
}
