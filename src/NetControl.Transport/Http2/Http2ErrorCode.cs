namespace NetControl.Transport.Http2;

/// <summary>Why a stream or a connection was ended (RFC 9113 section 7).</summary>
public enum Http2ErrorCode
{
    /// <summary>Nothing went wrong.</summary>
    NoError = 0,

    /// <summary>A violation of the protocol.</summary>
    ProtocolError = 1,

    /// <summary>A fault of the one who says it.</summary>
    InternalError = 2,

    /// <summary>More was sent than allowed.</summary>
    FlowControlError = 3,

    /// <summary>Settings were not acknowledged.</summary>
    SettingsTimeout = 4,

    /// <summary>A frame came for a half that was closed.</summary>
    StreamClosed = 5,

    /// <summary>A frame of a wrong size.</summary>
    FrameSizeError = 6,

    /// <summary>Nothing was done about the stream; it may be tried again.</summary>
    RefusedStream = 7,

    /// <summary>The stream is not needed any more.</summary>
    Cancel = 8,

    /// <summary>The state of header compression is lost.</summary>
    CompressionError = 9,

    /// <summary>The connection behind a tunnel was reset or could not be made.</summary>
    ConnectError = 10,

    /// <summary>The peer does things that only cost.</summary>
    EnhanceYourCalm = 11,

    /// <summary>The connection's TLS is too weak.</summary>
    InadequateSecurity = 12,

    /// <summary>HTTP/1.1 has to be used instead.</summary>
    Http11Required = 13,
}
