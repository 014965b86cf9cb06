using NetControl.Transport.Shadowsocks;

namespace NetControl.Transport.Tests.Shadowsocks;

public sealed class ShadowsocksDatagramTests
{
    public static TheoryData<string> Ciphers => ["chacha20-ietf-poly1305", "aes-256-gcm", "aes-192-gcm", "aes-128-gcm"];

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Seal_IsWhatThePeerOpens_AndTheOtherWay(string cipher)
    {
        ShadowsocksKey key = Key(cipher);
        ClassicPeer peer = new(cipher, "secret");
        byte[] buffer = new byte[100];
        int length = ShadowsocksDatagram.Seal(key, RandomSalt.Instance, "payload1"u8, buffer);
        Assert.Equal(8 + ShadowsocksDatagram.Overhead(key.Cipher), length);
        Assert.Equal("payload1"u8, peer.OpenDatagram(buffer[..length]));

        Assert.True(ShadowsocksDatagram.TryOpen(key, peer.Datagram("payload2"u8.ToArray()), buffer, out length));
        Assert.Equal("payload2"u8, buffer.AsSpan(0, length));
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Seal_ThenOpenInPlace_AnyLength_IsTheText(string cipher)
    {
        ShadowsocksKey key = Key(cipher);
        int salt = key.Cipher.SaltLength;
        byte[] buffer = new byte[1000];
        for (int length = 0; length <= 900; length += 37)
        {
            byte[] text = new byte[length];
            Random.Shared.NextBytes(text);
            text.CopyTo(buffer, salt);
            int written = ShadowsocksDatagram.Seal(key, RandomSalt.Instance, buffer.AsSpan(salt, length), buffer);
            Assert.True(ShadowsocksDatagram.TryOpen(key, buffer.AsSpan(0, written), buffer.AsSpan(salt), out int opened));
            Assert.Equal(text, buffer[salt..(salt + opened)]);
        }
    }

    [Fact]
    public void Seal_SameSalt_IsTheSameDatagram_AndTheSaltLeads()
    {
        FixedSalt salts = new(7);
        byte[] first = new byte[64];
        byte[] second = new byte[64];
        ShadowsocksKey key = Key("aes-256-gcm");
        int length = ShadowsocksDatagram.Seal(key, salts, "same"u8, first);
        ShadowsocksDatagram.Seal(key, salts, "same"u8, second);
        Assert.Equal(first, second);
        Assert.All(first[..32], b => Assert.Equal(7, b));
        Assert.True(ShadowsocksDatagram.TryOpen(key, first.AsSpan(0, length), second, out int text));
        Assert.Equal("same"u8, second.AsSpan(0, text));
    }

    [Fact]
    public void Seal_SourceFails_SaysItsError()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => ShadowsocksDatagram.Seal(Key("aes-128-gcm"), new FixedSalt(null), "x"u8, new byte[64]));
        Assert.Equal("no salt today", error.Message);
    }

    [Fact]
    public void Seal_BufferTooShort_IsRefused()
    {
        ShadowsocksKey key = Key("aes-128-gcm");
        Assert.Throws<ArgumentException>(() => ShadowsocksDatagram.Seal(key, RandomSalt.Instance, "text"u8, new byte[4 + 16 + 15]));
        Assert.Equal(36, ShadowsocksDatagram.Seal(key, RandomSalt.Instance, "text"u8, new byte[4 + 16 + 16]));
    }

    [Fact]
    public void TryOpen_BufferTooShort_IsRefused() => Assert.Throws<ArgumentException>(
        () => ShadowsocksDatagram.TryOpen(Key("aes-128-gcm"), new ClassicPeer("aes-128-gcm", "secret").Datagram([1, 2]), new byte[1], out _));

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(31)]
    public void TryOpen_ShorterThanSaltAndTag_IsNone(int length) =>
        Assert.False(ShadowsocksDatagram.TryOpen(Key("aes-128-gcm"), new byte[length], new byte[100], out _));

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void TryOpen_AnyBitChanged_IsNone(string cipher)
    {
        byte[] datagram = new ClassicPeer(cipher, "secret").Datagram([1, 2, 3]);
        for (int bit = 0; bit < 8 * datagram.Length; bit += 5)
        {
            byte[] changed = [.. datagram];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(ShadowsocksDatagram.TryOpen(Key(cipher), changed, new byte[100], out _));
        }

        Assert.False(ShadowsocksDatagram.TryOpen(ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), "other"), datagram, new byte[100], out _));
    }

    private static ShadowsocksKey Key(string cipher) => ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), "secret");

    private sealed class FixedSalt(byte? value) : ISaltSource
    {
        public void Fill(Span<byte> salt) => salt.Fill(value ?? throw new InvalidOperationException("no salt today"));
    }
}
