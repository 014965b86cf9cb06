using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace NetControl.Transport.WebSocket;

/// <summary>Writing frames (RFC 6455 section 5.2), always masked as a client has to.</summary>
internal static class WebSocketFrame
{
    /// <summary>The longest header, mask included.</summary>
    public const int MaxHeader = 14;

    /// <summary>The longest payload of a frame of control.</summary>
    public const int MaxControl = 125;

    private const byte Final = 0x80;
    private const byte Masked = 0x80;

    /// <summary>A mask that nobody can foresee (RFC 6455 section 10.3).</summary>
    public static uint NewMask()
    {
        Span<byte> mask = stackalloc byte[4];
        RandomNumberGenerator.Fill(mask);
        return MemoryMarshal.Read<uint>(mask);
    }

    /// <summary>The length of a header, mask included.</summary>
    public static int HeaderLength(int payloadLength) => payloadLength <= MaxControl ? 6 : payloadLength <= ushort.MaxValue ? 8 : MaxHeader;

    /// <summary>Writes the header of a frame that is a whole message.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteHeader(Span<byte> to, WebSocketOpcode opcode, int payloadLength, uint mask)
    {
        to[0] = (byte)(Final | (byte)opcode);
        int length = HeaderLength(payloadLength);
        switch (length)
        {
            case 6:
                to[1] = (byte)(Masked | payloadLength);
                break;
            case 8:
                to[1] = Masked | 126;
                BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)payloadLength);
                break;
            default:
                to[1] = Masked | 127;
                BinaryPrimitives.WriteUInt64BigEndian(to[2..], (ulong)payloadLength);
                break;
        }

        MemoryMarshal.Write(to[(length - 4)..], in mask);
        return length;
    }

    /// <summary>Writes a whole frame.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Write(Span<byte> to, WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        uint mask = NewMask();
        int header = WriteHeader(to, opcode, payload.Length, mask);
        WebSocketMask.Apply(payload, to[header..], mask, 0);
        return header + payload.Length;
    }
}
