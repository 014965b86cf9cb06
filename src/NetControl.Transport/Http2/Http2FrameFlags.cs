namespace NetControl.Transport.Http2;

/// <summary>The flags of frames; what a bit means depends on the type.</summary>
[Flags]
internal enum Http2FrameFlags : byte
{
    None = 0,
    EndStream = 0x01,
    EndHeaders = 0x04,
    Padded = 0x08,
    Priority = 0x20,

    /// <summary>Of SETTINGS and PING: the bit that ends the stream elsewhere.</summary>
    Ack = EndStream,
}
