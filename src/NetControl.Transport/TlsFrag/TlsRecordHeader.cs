using System.Buffers.Binary;

namespace NetControl.Transport.TlsFrag;

/// <summary>The five bytes before a TLS record (RFC 8446 section 5.1): type, version, length.</summary>
internal static class TlsRecordHeader
{
    /// <summary>The length of a header.</summary>
    public const int Length = 5;

    private const byte Handshake = 22;
    private const int MaxContent = 1 << 14;

    /// <summary>Whether the bytes are, or may become, the header of a handshake record with content.</summary>
    public static bool MayBeHandshake(ReadOnlySpan<byte> start) =>
        (start.Length < 1 || start[0] == Handshake)
        && (start.Length < 2 || start[1] == 3)
        && (start.Length < 3 || start[2] is >= 1 and <= 4)
        && (start.Length < Length || ContentLength(start) is >= 1 and <= MaxContent);

    /// <summary>The length of the content behind a header.</summary>
    public static int ContentLength(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header[3..]);

    /// <summary>Writes a header like another one, for another length.</summary>
    public static void Write(ReadOnlySpan<byte> like, int contentLength, Span<byte> header)
    {
        like[..3].CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header[3..], (ushort)contentLength);
    }
}
