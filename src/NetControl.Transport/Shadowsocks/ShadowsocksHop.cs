using System.Text;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Shadowsocks;

/// <summary>A Shadowsocks server, for streams and packets.</summary>
/// <param name="Server">Where it listens.</param>
/// <param name="Cipher">The method.</param>
/// <param name="Password">The password, or the keys of the 2022 edition in base64.</param>
/// <param name="Prefix">What the salts of streams begin with, a character for each byte; empty for salts that are random throughout.</param>
public sealed record ShadowsocksHop(HostPort Server, ShadowsocksCipher Cipher, string Password, string Prefix = "") : Hop
{
    /// <inheritdoc/>
    public override string Type => ShadowsocksHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => Write($"{Cipher}:{Uri.EscapeDataString(Password)}");

    /// <inheritdoc/>
    public override string Redacted => Write(RedactedSecret);

    /// <inheritdoc/>
    public override IReadOnlyList<HostPort> Servers => [Server];

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(context);
        ShadowsocksKey key = ShadowsocksKey.FromPassword(Cipher, Password);
        ShadowsocksStreamOptions options = new()
        {
            Salts = Prefix.Length == 0 ? RandomSalt.Instance : new PrefixedSalt(Encoding.Latin1.GetBytes(Prefix)),
            TimeProvider = context.TimeProvider,
        };
        return new Way(
            new ShadowsocksStreamDialer(new StreamDialerEndpoint(inner.Streams, Server), key, options),
            inner.Packets is NoPackets
                ? inner.Packets
                : new ShadowsocksPacketListener(inner.Packets, Server, key, context.TimeProvider, context.Lookup));
    }

    private string Write(string secret) => $"{Type}://{secret}@{Server}{(Prefix.Length == 0 ? "" : $"?prefix={SaltPrefixText.Encode(Prefix)}")}";
}
