using System.Buffers.Binary;
using System.Security.Cryptography;
using NetControl.Network;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The 2022 edition's datagrams with AES: session and number are a block of their own, the rest is sealed with the session's key.</summary>
/// <remarks>
/// <code>
///   AES(session | number) | identity headers | AES-GCM(message), nonce: the last 12 bytes of session | number
/// </code>
/// Nothing on a datagram's way allocates, except when the server begins a session.
/// </remarks>
internal sealed class AesPacketCodec : SessionPacketCodec
{
    private readonly ShadowsocksKey _key;
    private readonly Aead _sealer;
    private readonly ICryptoTransform _decryptor;
    private readonly ICryptoTransform[] _encryptors;
    private readonly byte[] _sealBlock = new byte[IdLength];
    private readonly byte[] _openBlock = new byte[IdLength];

    internal AesPacketCodec(ShadowsocksKey key, TimeProvider time)
        : base(time)
    {
        _key = key;
        _sealer = key.NewSession(Session);
        _decryptor = Block(key.Bytes, static aes => aes.CreateDecryptor());

        // The block is for the first server that it comes to; each identity header is for its own.
        byte[][] keys = [.. key.Identities.Select(identity => identity.Key)];
        _encryptors = [.. (keys.Length == 0 ? [key.Bytes.ToArray()] : keys).Select(k => Block(k, static aes => aes.CreateEncryptor()))];
    }

    private int IdentityLength => _key.Identities.Count * ShadowsocksIdentity.HeaderLength;

    public override int OverheadFor(in AddrPort destination) => IdLength + IdentityLength + MessageOverhead(destination) + Aead.TagLength;

    public override int Seal(Span<byte> to, ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        lock (SealGate)
        {
            Span<byte> id = to[..IdLength];
            WriteId(id);
            Span<byte> body = to[(IdLength + IdentityLength)..];
            int length = WriteMessage(body, payload, destination);
            _sealer.Seal(id[4..], body[..length], body);
            for (int i = 0; i < _key.Identities.Count; i++)
            {
                Span<byte> header = to.Slice(IdLength + (i * ShadowsocksIdentity.HeaderLength), ShadowsocksIdentity.HeaderLength);
                ReadOnlySpan<byte> next = _key.Identities[i].NextHash;
                for (int b = 0; b < header.Length; b++)
                {
                    header[b] = (byte)(next[b] ^ id[b]);
                }

                Transform(_encryptors[i], header, _sealBlock);
            }

            Transform(_encryptors[0], id, _sealBlock);
            return IdLength + IdentityLength + length + Aead.TagLength;
        }
    }

    public override bool TryOpen(ReadOnlySpan<byte> bytes, Span<byte> scratch, out AddrPort source, out ReadOnlySpan<byte> payload)
    {
        source = default;
        payload = default;
        if (bytes.Length < IdLength + Aead.TagLength)
        {
            return false;
        }

        Span<byte> id = stackalloc byte[IdLength];
        bytes[..IdLength].CopyTo(id);
        Transform(_decryptor, id, _openBlock);
        ulong number = BinaryPrimitives.ReadUInt64BigEndian(id);
        ulong packet = BinaryPrimitives.ReadUInt64BigEndian(id[8..]);
        ServerSession? known = Sessions.Find(number);
        if (known is not null && !known.Window.IsNew(packet))
        {
            return false;
        }

        ServerSession session = known ?? new ServerSession(number, _key.NewSession(id[..8]));
        ReadOnlySpan<byte> body = bytes[IdLength..];
        Span<byte> message = scratch[..(body.Length - Aead.TagLength)];
        bool accepted = session.Cipher!.TryOpen(id[4..], body, message)
            && TryReadMessage(message, out source, out payload)
            && Sessions.TryAccept(session, packet);
        if (!accepted && known is null)
        {
            session.Dispose();
        }

        return accepted;
    }

    public override void Dispose()
    {
        base.Dispose();
        _sealer.Dispose();
        _decryptor.Dispose();
        foreach (ICryptoTransform encryptor in _encryptors)
        {
            encryptor.Dispose();
        }
    }

    // One block at a time and no padding: the same whatever came before.
    private static ICryptoTransform Block(ReadOnlySpan<byte> key, Func<Aes, ICryptoTransform> make)
    {
        using Aes aes = Aes.Create();
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        aes.Key = key.ToArray();
        return make(aes);
    }

    private static void Transform(ICryptoTransform transform, Span<byte> block, byte[] buffer)
    {
        block.CopyTo(buffer);
        transform.TransformBlock(buffer, 0, IdLength, buffer, 0);
        buffer.CopyTo(block);
    }
}
