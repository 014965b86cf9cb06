using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Http;
using NetControl.Transport.Tls;

namespace NetControl.Transport.HttpConnect;

/// <summary>An HTTP proxy that makes tunnels for streams (CONNECT).</summary>
/// <remarks>Inside TLS unless <see cref="Plain"/>. Carries no packets.</remarks>
public sealed record HttpConnectHop : Hop
{
    /// <summary>Where the proxy listens.</summary>
    public required HostPort Server { get; init; }

    /// <summary>Whether HTTP/2 is the only choice (<c>h2connect</c>); otherwise the proxy chooses, and without TLS HTTP/1.1 is spoken.</summary>
    public bool Http2Only { get; init; }

    /// <summary>Whether the proxy is spoken to in the clear.</summary>
    public bool Plain { get; init; }

    /// <summary>The name to send in TLS (SNI): null for the server's host, empty for none.</summary>
    public string? ServerName { get; init; }

    /// <summary>The name that the certificate must be for: null for the server's host.</summary>
    public string? CertificateName { get; init; }

    /// <summary>The PEM file of the authorities to trust, on this machine; null for the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The user name, or null without one.</summary>
    public string? Username { get; init; }

    /// <summary>The password, or null without a user name.</summary>
    public string? Password { get; init; }

    /// <summary>The value of <c>Proxy-Authorization</c> as it is sent, in place of a user name and password; null for none.</summary>
    public string? Authorization { get; init; }

    /// <inheritdoc/>
    public override string Type => Http2Only ? HttpConnectHopType.Http2Scheme : HttpConnectHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => Write(
        Username is null ? null : $"{Uri.EscapeDataString(Username)}:{Uri.EscapeDataString(Password ?? "")}",
        Authorization is null ? null : HopOptions.Encode(Authorization));

    /// <inheritdoc/>
    public override string Redacted => Write(Username is null ? null : RedactedSecret, Authorization is null ? null : RedactedSecret);

    /// <inheritdoc/>
    public override IReadOnlyList<HostPort> Servers => [Server];

    private TlsHop Tls => new()
    {
        ServerName = ServerName,
        CertificateName = CertificateName,
        ApplicationProtocols = Http2Only ? "h2" : "h2,http/1.1",
        AuthorityFile = AuthorityFile,
        EndsWithConnection = true,
    };

    private HttpConnectOptions Options => new()
    {
        Authorization = Authorization is not null ? ProxyAuthorization.Raw(Authorization)
            : Username is not null ? ProxyAuthorization.Basic(Username, Password ?? "")
            : null,
    };

    /// <inheritdoc/>
    public override string? FindFault() => Plain ? null : Tls.FindFault();

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(context);
        return new Way(MakeDialer(inner.Streams, context), new NoPackets(Type));
    }

    private IStreamDialer MakeDialer(IStreamDialer inner, HopContext context)
    {
        if (Plain)
        {
            StreamDialerEndpoint server = new(inner, Server);
            return Http2Only ? new Http2ConnectDialer(server, Options, context.TimeProvider, context.CurrentLoop)
                : new Http1ConnectDialer(server, Options);
        }

        StreamDialerEndpoint secured = new(Tls.Wrap(new Way(inner, new NoPackets(Type)), context).Streams, Server);
        return Http2Only ? new Http2ConnectDialer(secured, Options, context.TimeProvider, context.CurrentLoop)
            : new HttpConnectDialer(secured, Options, context.TimeProvider, context.CurrentLoop);
    }

    private string Write(string? userInfo, string? authorization)
    {
        (string Key, string? Value)[] options =
        [
            ("sni", ServerName is null ? null : HopOptions.Encode(ServerName)),
            ("certname", CertificateName is null ? null : HopOptions.Encode(CertificateName)),
            ("ca", AuthorityFile is null ? null : HopOptions.Encode(AuthorityFile)),
            ("auth", authorization),
            ("plain", Plain ? "true" : null),
        ];
        string query = string.Join('&', options.Where(one => one.Value is not null).Select(one => $"{one.Key}={one.Value}"));
        return $"{Type}://{(userInfo is null ? "" : userInfo + "@")}{Server}{(query.Length == 0 ? "" : "?" + query)}";
    }
}
