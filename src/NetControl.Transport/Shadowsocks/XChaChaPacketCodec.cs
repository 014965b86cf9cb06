using System.Buffers.Binary;
using System.Security.Cryptography;
using NetControl.Network;
using NSec.Cryptography;
using XChaCha = NSec.Cryptography.AeadAlgorithm;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The 2022 edition's datagrams with ChaCha20: a random nonce for each, and the key itself (SIP022 section 4.1).</summary>
/// <remarks>
/// <code>
///   nonce, 24 bytes | XChaCha20-Poly1305(session | number | message)
/// </code>
/// Nothing on a datagram's way allocates, except when the server begins a session.
/// </remarks>
/// <param name="key">From <see cref="Import"/>; shared by all sockets of a listener, since libsodium guards each copy with pages of its own.</param>
/// <param name="time">The clock.</param>
internal sealed class XChaChaPacketCodec(Key key, TimeProvider time) : SessionPacketCodec(time)
{
    private const int NonceLength = 24;

    /// <summary>Copies a key into libsodium's memory.</summary>
    public static Key Import(ShadowsocksKey key) => Key.Import(XChaCha.XChaCha20Poly1305, key.Bytes, KeyBlobFormat.RawSymmetricKey);

    public override int OverheadFor(in AddrPort destination) => NonceLength + IdLength + MessageOverhead(destination) + Aead.TagLength;

    public override int Seal(Span<byte> to, ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        Span<byte> nonce = to[..NonceLength];
        RandomNumberGenerator.Fill(nonce);
        Span<byte> body = to[NonceLength..];
        int length = IdLength + WriteMessage(body[IdLength..], payload, destination);
        lock (SealGate)
        {
            WriteId(body);
        }

        XChaCha.XChaCha20Poly1305.Encrypt(key, nonce, [], body[..length], body[..(length + Aead.TagLength)]);
        return NonceLength + length + Aead.TagLength;
    }

    public override bool TryOpen(ReadOnlySpan<byte> bytes, Span<byte> scratch, out AddrPort source, out ReadOnlySpan<byte> payload)
    {
        source = default;
        payload = default;
        int length = bytes.Length - NonceLength - Aead.TagLength;
        if (length < IdLength || !XChaCha.XChaCha20Poly1305.Decrypt(key, bytes[..NonceLength], [], bytes[NonceLength..], scratch[..length]))
        {
            return false;
        }

        ulong number = BinaryPrimitives.ReadUInt64BigEndian(scratch);
        ulong packet = BinaryPrimitives.ReadUInt64BigEndian(scratch[8..]);
        return TryReadMessage(scratch[IdLength..length], out source, out payload)
            && Sessions.TryAccept(Sessions.Find(number) ?? new ServerSession(number, null), packet);
    }
}
