using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NetControl.Testing.Origin;

/// <summary>Bytes that can be made and checked at memory speed and where every 64 KiB differ: any length, the same every time.</summary>
public static class Payload
{
    private const int BlockSize = 64 * 1024;
    private static readonly byte[] s_block = MakeBlock();

    /// <summary>Writes the bytes from an offset on.</summary>
    public static void Fill(Span<byte> destination, long offset)
    {
        Span<byte> number = stackalloc byte[8];
        while (destination.Length > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, offset / BlockSize);
            int start = (int)(offset % BlockSize);
            int length = Math.Min(destination.Length, BlockSize - start);
            s_block.AsSpan(start, length).CopyTo(destination);
            if (start < number.Length)
            {
                number[start..Math.Min(number.Length, start + length)].CopyTo(destination);
            }

            destination = destination[length..];
            offset += length;
        }
    }

    /// <summary>The SHA-256 of the first bytes, in lower-case hexadecimal.</summary>
    public static string Sha256(long length)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BlockSize];
        for (long offset = 0; offset < length; offset += buffer.Length)
        {
            int part = (int)Math.Min(buffer.Length, length - offset);
            Fill(buffer.AsSpan(0, part), offset);
            hash.AppendData(buffer, 0, part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] MakeBlock()
    {
        byte[] block = new byte[BlockSize];
        ulong state = 0x9E37_79B9_7F4A_7C15;
        for (int i = 0; i < block.Length; i += 8)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(i), state);
        }

        return block;
    }
}
