using System.Buffers.Binary;

namespace NetControl.Testing.Raw;

/// <summary>Makes the packets that a wire would have carried of one that left its checksum and its cutting to the network card.</summary>
public static class OffloadedPacket
{
    /// <summary>The length of the notes before each packet: struct virtio_net_hdr.</summary>
    public const int NotesLength = 10;

    private const byte NeedsChecksum = 1;
    private const byte GsoNone = 0;
    private const byte GsoMask = 0x7F;

    /// <summary>Completes and cuts a packet as its notes say.</summary>
    public static IReadOnlyList<byte[]> ToWire(ReadOnlySpan<byte> notesAndPacket)
    {
        ReadOnlySpan<byte> notes = notesAndPacket[..NotesLength];
        byte[] packet = notesAndPacket[NotesLength..].ToArray();
        int start = BitConverter.ToUInt16(notes[6..]);
        int at = start + BitConverter.ToUInt16(notes[8..]);
        bool partial = (notes[0] & NeedsChecksum) != 0;
        if ((notes[1] & GsoMask) == GsoNone)
        {
            if (partial)
            {
                Complete(packet, start, at);
            }

            return [packet];
        }

        return Cut(packet, start, at, BitConverter.ToUInt16(notes[4..]));
    }

    // Only TCP super-segments come to an application's side.
    private static List<byte[]> Cut(byte[] packet, int transport, int checksumAt, int size)
    {
        int headers = transport + ((packet[transport + 12] >> 4) * 4);
        uint seq = BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(transport + 4));
        List<byte[]> pieces = [];
        for (int done = headers; done < packet.Length; done += size)
        {
            int length = Math.Min(size, packet.Length - done);
            byte[] piece = [.. packet.AsSpan(0, headers), .. packet.AsSpan(done, length)];
            bool last = done + length == packet.Length;
            BinaryPrimitives.WriteUInt32BigEndian(piece.AsSpan(transport + 4), seq + (uint)(done - headers));
            if (!last)
            {
                piece[transport + 13] &= 0xF6; // FIN and PSH are the last one's
            }

            // The sum that was begun counts the whole length; each piece has its own.
            uint pseudo = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(checksumAt));
            pseudo += (uint)(ushort)~(packet.Length - transport) + (uint)(piece.Length - transport);
            pseudo = (pseudo & 0xFFFF) + (pseudo >> 16);
            pseudo = (pseudo & 0xFFFF) + (pseudo >> 16);
            BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(checksumAt), (ushort)pseudo);
            SetLength(piece);
            Complete(piece, transport, checksumAt);
            pieces.Add(piece);
        }

        return pieces;
    }

    private static void SetLength(byte[] piece)
    {
        if (piece[0] >> 4 == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(2), (ushort)piece.Length);
            piece[10] = piece[11] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(10), (ushort)~Sum(piece.AsSpan(0, (piece[0] & 15) * 4)));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(4), (ushort)(piece.Length - 40));
        }
    }

    // The field holds the sum of the pseudo-header already. Zero travels as ones, as any card and the kernel make it (CSUM_MANGLED_0).
    private static void Complete(byte[] packet, int start, int at)
    {
        ushort sum = (ushort)~Sum(packet.AsSpan(start));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(at), sum == 0 ? ushort.MaxValue : sum);
    }

    /// <summary>The folded ones' complement sum (RFC 1071), not inverted.</summary>
    public static ushort Sum(ReadOnlySpan<byte> bytes, uint sum = 0)
    {
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)(bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0u);
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)sum;
    }
}
