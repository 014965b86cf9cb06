using System.Security.Cryptography;

namespace NetControl.Transport.Shadowsocks;

/// <summary>ChaCha20-Poly1305 of the framework, which is OpenSSL's.</summary>
internal sealed class ChaCha20Poly1305Aead(ReadOnlySpan<byte> key) : Aead
{
    private readonly ChaCha20Poly1305 _cipher = new(key);

    public override void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> text, Span<byte> result) =>
        _cipher.Encrypt(nonce, text, result[..text.Length], result.Slice(text.Length, TagLength));

    public override bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> bytes, Span<byte> text)
    {
        try
        {
            _cipher.Decrypt(nonce, bytes[..^TagLength], bytes[^TagLength..], text);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public override void Dispose() => _cipher.Dispose();
}
