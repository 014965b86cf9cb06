using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>The server's side of the 2017 edition, written from its description alone: opens what a client wrote, seals what it is to read.</summary>
internal sealed class ClassicPeer(string method, string password)
{
    private readonly byte[] _key = Key(password, method switch { "aes-128-gcm" => 16, "aes-192-gcm" => 24, _ => 32 });
    private long _sealed;
    private byte[]? _sealKey;

    public int SaltLength => _key.Length;

    /// <summary>The chunks of a client's stream.</summary>
    public List<byte[]> Open(byte[] stream)
    {
        byte[] key = Subkey(stream[..SaltLength]);
        List<byte[]> chunks = [];
        long operation = 0;
        for (int at = SaltLength; at < stream.Length;)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(OpenOne(key, operation++, stream[at..(at + 18)]));
            Assert.InRange(length, 0, 0x3FFF);
            at += 18;
            chunks.Add(OpenOne(key, operation++, stream[at..(at + length + 16)]));
            at += length + 16;
        }

        return chunks;
    }

    /// <summary>Begins a response with a salt.</summary>
    public byte[] Salt()
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltLength);
        _sealKey = Subkey(salt);
        _sealed = 0;
        return salt;
    }

    /// <summary>A chunk of a response; the upper bits of the length are as given.</summary>
    public byte[] Chunk(byte[] text, int upperBits = 0)
    {
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(text.Length | upperBits));
        return [.. SealOne(_sealKey!, _sealed++, length), .. SealOne(_sealKey!, _sealed++, text)];
    }

    /// <summary>A whole response.</summary>
    public byte[] Response(params byte[][] chunks) => [.. Salt(), .. chunks.SelectMany(chunk => Chunk(chunk))];

    public byte[] OpenDatagram(byte[] datagram) => OpenOne(Subkey(datagram[..SaltLength]), 0, datagram[SaltLength..]);

    public byte[] Datagram(byte[] text)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltLength);
        return [.. salt, .. SealOne(Subkey(salt), 0, text)];
    }

    [SuppressMessage("Security", "CA5351", Justification = "the protocol's own way from a password to a key")]
    private static byte[] Key(string password, int length)
    {
        List<byte> key = [];
        while (key.Count < length)
        {
            key.AddRange(MD5.HashData([.. key.TakeLast(16), .. Encoding.UTF8.GetBytes(password)]));
        }

        return [.. key.Take(length)];
    }

    private byte[] Subkey(byte[] salt) => HKDF.DeriveKey(HashAlgorithmName.SHA1, _key, _key.Length, salt, Encoding.ASCII.GetBytes("ss-subkey"));

    private byte[] SealOne(byte[] key, long operation, byte[] text)
    {
        byte[] sealedText = new byte[text.Length];
        byte[] tag = new byte[16];
        if (IsChaCha)
        {
            using ChaCha20Poly1305 cipher = new(key);
            cipher.Encrypt(Nonce(operation), text, sealedText, tag);
        }
        else
        {
            using AesGcm cipher = new(key, 16);
            cipher.Encrypt(Nonce(operation), text, sealedText, tag);
        }

        return [.. sealedText, .. tag];
    }

    private byte[] OpenOne(byte[] key, long operation, byte[] bytes)
    {
        byte[] text = new byte[bytes.Length - 16];
        if (IsChaCha)
        {
            using ChaCha20Poly1305 cipher = new(key);
            cipher.Decrypt(Nonce(operation), bytes[..^16], bytes[^16..], text);
        }
        else
        {
            using AesGcm cipher = new(key, 16);
            cipher.Decrypt(Nonce(operation), bytes[..^16], bytes[^16..], text);
        }

        return text;
    }

    private bool IsChaCha => method.StartsWith("chacha", StringComparison.Ordinal);

    private static byte[] Nonce(long operation)
    {
        byte[] nonce = new byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(nonce, operation);
        return nonce;
    }
}
