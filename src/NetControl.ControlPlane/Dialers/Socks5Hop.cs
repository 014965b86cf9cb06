using NetControl.Network;

namespace NetControl.ControlPlane.Dialers;

/// <summary>A SOCKS5 server: CONNECT for streams, UDP ASSOCIATE for packets.</summary>
/// <param name="Server">Where it listens.</param>
/// <param name="Username">The user name, or null without credentials.</param>
/// <param name="Password">The password, or null without credentials.</param>
public sealed record Socks5Hop(HostPort Server, string? Username, string? Password) : Hop
{
    /// <inheritdoc/>
    public override string Type => "socks5";

    /// <inheritdoc/>
    public override string Redacted => Username is null ? $"socks5://{Server}" : $"socks5://{ChainParser.RedactedUser}@{Server}";
}
