using System.Buffers.Binary;
using System.Security.Cryptography;
using NetControl.Transport.Shadowsocks;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using ChaCha20Poly1305 = System.Security.Cryptography.ChaCha20Poly1305;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>The server's side of the 2022 edition, written from SIP022 and SIP023 alone.</summary>
internal sealed class Peer2022(string method, params byte[][] keys)
{
    private long _sealed;
    private byte[]? _sealKey;

    public int SaltLength => Key.Length;

    public byte[] ServerSession { get; set; } = RandomNumberGenerator.GetBytes(8);

    public byte[]? RequestSalt { get; private set; }

    private byte[] Key => keys[^1];

    private bool IsChaCha => method.Contains("chacha", StringComparison.Ordinal);

    public static byte[][] RandomKeys(string method, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => RandomNumberGenerator.GetBytes(method.Contains("128", StringComparison.Ordinal) ? 16 : 32))];

    public ShadowsocksKey ClientKey => ShadowsocksKey.FromPassword(
        ShadowsocksCipher.Find(method), string.Join(':', keys.Select(key => Convert.ToBase64String(key))));

    /// <summary>Opens a request's two headers and the chunks that follow.</summary>
    public (long Time, byte[] Second, List<byte[]> Chunks) Open(byte[] stream)
    {
        byte[] salt = RequestSalt = stream[..SaltLength];
        int at = SaltLength;
        for (int i = 0; i < keys.Length - 1; i++)
        {
            using Aes aes = Aes.Create();
            aes.Key = Derive("shadowsocks 2022 identity subkey", keys[i], salt);
            Assert.Equal(Hash(keys[i + 1]), aes.DecryptEcb(stream[at..(at + 16)], PaddingMode.None));
            at += 16;
        }

        byte[] key = Subkey(salt);
        byte[] first = OpenOne(key, Counter(0), stream[at..(at + 27)]);
        Assert.Equal(0, first[0]);
        int length = BinaryPrimitives.ReadUInt16BigEndian(first.AsSpan(9));
        at += 27;
        byte[] second = OpenOne(key, Counter(1), stream[at..(at + length + 16)]);
        at += length + 16;
        List<byte[]> chunks = [];
        for (int operation = 2; at < stream.Length; operation += 2)
        {
            length = BinaryPrimitives.ReadUInt16BigEndian(OpenOne(key, Counter(operation), stream[at..(at + 18)]));
            at += 18;
            chunks.Add(OpenOne(key, Counter(operation + 1), stream[at..(at + length + 16)]));
            at += length + 16;
        }

        return (BinaryPrimitives.ReadInt64BigEndian(first.AsSpan(1)), second, chunks);
    }

    /// <summary>A response's beginning, to the request that was opened or another, with its first data.</summary>
    public byte[] Response(long time, byte[] data, byte type = 1, byte[]? requestSalt = null, byte[]? salt = null)
    {
        salt ??= RandomNumberGenerator.GetBytes(SaltLength);
        _sealKey = Subkey(salt);
        _sealed = 0;
        byte[] header = [type, .. Big(time), .. requestSalt ?? RequestSalt!, (byte)(data.Length >> 8), (byte)data.Length];
        return [.. salt, .. SealOne(_sealKey, Counter(_sealed++), header), .. SealOne(_sealKey, Counter(_sealed++), data)];
    }

    public byte[] Chunk(byte[] data) =>
        [.. SealOne(_sealKey!, Counter(_sealed++), [(byte)(data.Length >> 8), (byte)data.Length]), .. SealOne(_sealKey!, Counter(_sealed++), data)];

    /// <summary>Opens a datagram: the client's session, the number, and the message.</summary>
    public (byte[] Session, ulong Number, byte[] Message) OpenDatagram(byte[] datagram)
    {
        if (IsChaCha)
        {
            byte[] body = XChaCha(false, datagram[..24], datagram[24..]);
            return (body[..8], BinaryPrimitives.ReadUInt64BigEndian(body.AsSpan(8)), body[16..]);
        }

        byte[] id = Block(keys[0], decrypt: true, datagram[..16]);
        int at = 16;
        for (int i = 0; i < keys.Length - 1; i++)
        {
            byte[] header = Block(keys[i], decrypt: true, datagram[at..(at + 16)]);
            Assert.Equal(Hash(keys[i + 1]), header.Zip(id, (a, b) => (byte)(a ^ b)));
            at += 16;
        }

        return (id[..8], BinaryPrimitives.ReadUInt64BigEndian(id.AsSpan(8)), OpenOne(Subkey(id[..8]), id[4..], datagram[at..]));
    }

    /// <summary>Seals a datagram to a client's session.</summary>
    public byte[] Datagram(byte[] clientSession, ulong number, long time, byte[] addressAndPayload, byte type = 1, int padding = 0)
    {
        byte[] id = [.. ServerSession, .. Big((long)number)];
        byte[] message = [type, .. Big(time), .. clientSession, (byte)(padding >> 8), (byte)padding, .. new byte[padding], .. addressAndPayload];
        if (IsChaCha)
        {
            byte[] nonce = RandomNumberGenerator.GetBytes(24);
            return [.. nonce, .. XChaCha(true, nonce, [.. id, .. message])];
        }

        return [.. Block(Key, decrypt: false, id), .. SealOne(Subkey(id[..8]), id[4..], message)];
    }

    private static byte[] Derive(string context, byte[] key, byte[] salt) => Blake3.DeriveKey(context, key, salt)[..key.Length];

    private static byte[] Hash(byte[] key) => Blake3.Hash(key)[..16];

    private byte[] Subkey(byte[] salt) => Derive("shadowsocks 2022 session subkey", Key, salt);

    private static byte[] Block(byte[] key, bool decrypt, byte[] block)
    {
        using Aes aes = Aes.Create();
        aes.Key = key;
        return decrypt ? aes.DecryptEcb(block, PaddingMode.None) : aes.EncryptEcb(block, PaddingMode.None);
    }

    private byte[] XChaCha(bool encrypt, byte[] nonce, byte[] input)
    {
        XChaCha20Poly1305 cipher = new();
        cipher.Init(encrypt, new AeadParameters(new KeyParameter(Key), 128, nonce));
        byte[] output = new byte[cipher.GetOutputSize(input.Length)];
        int length = cipher.ProcessBytes(input, 0, input.Length, output, 0);
        cipher.DoFinal(output, length);
        return output;
    }

    private byte[] SealOne(byte[] key, byte[] nonce, byte[] text)
    {
        byte[] result = new byte[text.Length];
        byte[] tag = new byte[16];
        if (IsChaCha)
        {
            using ChaCha20Poly1305 cipher = new(key);
            cipher.Encrypt(nonce, text, result, tag);
        }
        else
        {
            using AesGcm cipher = new(key, 16);
            cipher.Encrypt(nonce, text, result, tag);
        }

        return [.. result, .. tag];
    }

    private byte[] OpenOne(byte[] key, byte[] nonce, byte[] bytes)
    {
        byte[] text = new byte[bytes.Length - 16];
        if (IsChaCha)
        {
            using ChaCha20Poly1305 cipher = new(key);
            cipher.Decrypt(nonce, bytes[..^16], bytes[^16..], text);
        }
        else
        {
            using AesGcm cipher = new(key, 16);
            cipher.Decrypt(nonce, bytes[..^16], bytes[^16..], text);
        }

        return text;
    }

    private static byte[] Big(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Counter(long operation)
    {
        byte[] nonce = new byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(nonce, operation);
        return nonce;
    }
}
