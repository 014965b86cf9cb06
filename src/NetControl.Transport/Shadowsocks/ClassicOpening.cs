using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The edition of 2017: a salt, and as the first bytes of the client's first chunk the destination as SOCKS5 writes it.</summary>
internal sealed class ClassicOpening(ShadowsocksKey key, ISaltSource salts, HostPort destination) : StreamOpening
{
    private const int LongestChunk = 0x3FFF;

    public override int MaxChunk => LongestChunk;

    public override int BulkChunk => 0x3F00;

    public override int RequestOverhead => key.Cipher.SaltLength + LengthBlock + Socks5Address.MaxLength + Aead.TagLength;

    public override int ResponseLength => key.Cipher.SaltLength;

    public override ChunkCipher WriteRequest(Span<byte> to, ref ReadOnlySpan<byte> data, out int written)
    {
        Span<byte> salt = to[..key.Cipher.SaltLength];
        salts.Fill(salt);
        Span<byte> chunk = to[salt.Length..];
        int text = Socks5Address.Write(chunk[LengthBlock..], destination);
        int taken = Math.Min(Math.Min(data.Length, LongestChunk - text), chunk.Length - LengthBlock - text - Aead.TagLength);
        data[..taken].CopyTo(chunk[(LengthBlock + text)..]);
        data = data[taken..];
        text += taken;

        ChunkCipher cipher = new(key.NewSession(salt));
        BinaryPrimitives.WriteUInt16BigEndian(chunk, (ushort)text);
        cipher.Seal(chunk[..2], chunk[..LengthBlock]);
        chunk = chunk[LengthBlock..];
        cipher.Seal(chunk[..text], chunk);
        written = salt.Length + LengthBlock + text + Aead.TagLength;
        return cipher;
    }

    public override ChunkCipher OpenResponse(Span<byte> head, out int chunk)
    {
        chunk = -1;
        return new ChunkCipher(key.NewSession(head));
    }
}
