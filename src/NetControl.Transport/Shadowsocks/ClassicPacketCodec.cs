using NetControl.Network;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The edition of 2017: each datagram stands for itself, and before the payload is the address as SOCKS5 writes it.</summary>
internal sealed class ClassicPacketCodec(ShadowsocksKey key) : PacketCodec
{
    public override int OverheadFor(in AddrPort destination) =>
        ShadowsocksDatagram.Overhead(key.Cipher) + Socks5Address.LengthOf(destination);

    public override int Seal(Span<byte> to, ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        Span<byte> text = to[key.Cipher.SaltLength..];
        int header = Socks5Address.Write(text, destination);
        payload.CopyTo(text[header..]);
        return ShadowsocksDatagram.Seal(key, RandomSalt.Instance, text[..(header + payload.Length)], to);
    }

    public override bool TryOpen(ReadOnlySpan<byte> bytes, Span<byte> scratch, out AddrPort source, out ReadOnlySpan<byte> payload)
    {
        source = default;
        payload = default;
        if (!ShadowsocksDatagram.TryOpen(key, bytes, scratch, out int length)
            || !Socks5Address.TryRead(scratch[..length], out source, out int header))
        {
            return false;
        }

        payload = scratch[header..length];
        return true;
    }

    public override void Dispose()
    {
    }
}
