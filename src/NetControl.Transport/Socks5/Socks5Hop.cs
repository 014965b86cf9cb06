using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Socks5;

/// <summary>A SOCKS5 server: CONNECT for streams, UDP ASSOCIATE for packets.</summary>
/// <param name="Server">Where it listens.</param>
/// <param name="Username">The user name, or null without credentials.</param>
/// <param name="Password">The password, or null without credentials.</param>
public sealed record Socks5Hop(HostPort Server, string? Username, string? Password) : Hop
{
    /// <inheritdoc/>
    public override string Type => Socks5HopType.Scheme;

    /// <inheritdoc/>
    public override string Text => Username is null ? Redacted
        : $"{Type}://{Uri.EscapeDataString(Username)}:{Uri.EscapeDataString(Password ?? "")}@{Server}";

    /// <inheritdoc/>
    public override string Redacted => Username is null ? $"{Type}://{Server}" : $"{Type}://{RedactedSecret}@{Server}";

    /// <inheritdoc/>
    public override IReadOnlyList<HostPort> Servers => [Server];

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(context);
        StreamDialerEndpoint server = new(inner.Streams, Server);
        Socks5Credentials? credentials = Username is null ? null : new Socks5Credentials(Username, Password ?? "");
        return new Way(
            new Socks5StreamDialer(server, credentials, context.TimeProvider),
            inner.Packets is NoPackets ? inner.Packets : new Socks5PacketListener(server, inner.Packets, credentials, context.TimeProvider));
    }
}
