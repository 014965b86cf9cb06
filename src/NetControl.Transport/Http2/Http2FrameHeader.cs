using System.Buffers.Binary;

namespace NetControl.Transport.Http2;

/// <summary>The nine bytes in front of every frame (RFC 9113 section 4.1).</summary>
/// <param name="Length">The length of the payload.</param>
/// <param name="Type">The type; any value may come.</param>
/// <param name="Flags">The flags.</param>
/// <param name="StreamId">The stream, or 0 for the connection.</param>
internal readonly record struct Http2FrameHeader(int Length, Http2FrameType Type, Http2FrameFlags Flags, int StreamId)
{
    /// <summary>Its own length.</summary>
    public const int Size = 9;

    /// <summary>The longest payload that we take, and send: the default of SETTINGS_MAX_FRAME_SIZE.</summary>
    public const int MaxPayload = 16_384;

    /// <summary>Reads nine bytes.</summary>
    public static Http2FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        (bytes[0] << 16) | (bytes[1] << 8) | bytes[2],
        (Http2FrameType)bytes[3],
        (Http2FrameFlags)bytes[4],
        BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue);

    /// <summary>Writes nine bytes.</summary>
    public void Write(Span<byte> to)
    {
        to[0] = (byte)(Length >> 16);
        to[1] = (byte)(Length >> 8);
        to[2] = (byte)Length;
        to[3] = (byte)Type;
        to[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(to[5..], StreamId);
    }

    /// <summary>Whether a flag is set.</summary>
    public bool Has(Http2FrameFlags flag) => (Flags & flag) != 0;
}
