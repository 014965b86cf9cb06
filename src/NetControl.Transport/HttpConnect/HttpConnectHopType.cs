using System.Diagnostics.CodeAnalysis;
using NetControl.Transport.Chains;
using NetControl.Transport.Http;

namespace NetControl.Transport.HttpConnect;

/// <summary>The text of an HTTP proxy: <c>httpconnect://...</c>, and <c>h2connect://...</c> for one that has to speak HTTP/2.</summary>
/// <remarks>
/// As with Outline, TLS is the default and <c>plain=true</c> turns it off; <c>ca</c> is added to its grammar. Its <c>h3connect://...</c> is
/// read, and refused: see <see cref="Unavailable"/>.
/// </remarks>
public sealed class HttpConnectHopType : HopType
{
    internal const string Scheme = "httpconnect";
    internal const string Http2Scheme = "h2connect";
    internal const string Http3Scheme = "h3connect";
    private static readonly string[] s_keys = ["sni", "certname", "ca", "auth", "plain"];

    private HttpConnectHopType(string name) => Name = name;

    /// <summary>The types, one for each scheme.</summary>
    public static IReadOnlyList<HttpConnectHopType> All { get; } = [new(Scheme), new(Http2Scheme), new(Http3Scheme)];

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Grammar => $"{Name}://[user:password@]host:port[?sni=name][&certname=name][&ca=file][&auth=value][&plain=true]";

    /// <inheritdoc/>
    /// <remarks>.NET has QUIC by libmsquic.so.2 only, which neither Debian nor NuGet has for Linux.</remarks>
    public override string? Unavailable => Name == Http3Scheme
        ? "h3connect is not available in this build, since HTTP/3 needs QUIC; write h2connect:// in its place if the proxy speaks HTTP/2, "
            + "else httpconnect://"
        : null;

    /// <inheritdoc/>
    public override string FillIn(string redacted) =>
        base.FillIn(redacted).Replace($"auth={Hop.RedactedSecret}", "auth=value", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (Unavailable is { } reason)
        {
            error = text.Error(0, reason);
            return false;
        }

        if (!HopServer.TryParse(text, $"an HTTP proxy is written {Grammar}", s_keys, out HopServer? server, out error))
        {
            return false;
        }

        (string User, string? Password)? credentials = server.UserInfo is null ? null : HopServer.SplitUserInfo(server.UserInfo);
        error = CheckUserInfo(text, server, credentials) ?? CheckAuthorization(text, server) ?? CheckTls(text, server);
        if (error is not null)
        {
            return false;
        }

        hop = new HttpConnectHop
        {
            Server = server.Address,
            Http2Only = Name == Http2Scheme,
            Plain = server.Options["plain"]?.Value == "true",
            ServerName = server.Options["sni"]?.Value,
            CertificateName = server.Options["certname"]?.Value,
            AuthorityFile = server.Options["ca"]?.Value,
            Username = credentials?.User,
            Password = credentials is { } given ? given.Password ?? "" : null,
            Authorization = server.Options["auth"]?.Value,
        };
        return true;
    }

    private static ChainError? CheckUserInfo(HopText text, HopServer server, (string User, string? Password)? credentials)
    {
        if (credentials is not { } given)
        {
            return null;
        }

        string? problem = given.User == Hop.RedactedSecret && given.Password is null
            ? "REDACTED stands where the credentials were; write them, or leave config out of update_mask"
            : given.User.Length == 0 ? "the user name is empty; write user:password@, or leave the @ out"
            : given.User.Contains(':', StringComparison.Ordinal) ? "the user name may not hold a colon (RFC 7617)"
            : given.User.Any(char.IsControl) || (given.Password ?? "").Any(char.IsControl) ? "control characters cannot be sent (RFC 7617)"
            : given.User.Length + (given.Password?.Length ?? 0) > 700 ? "user name and password are longer than 700 characters"
            : server.Options["auth"] is not null ? "user:password@ and auth= both say Proxy-Authorization; write one of them"
            : null;
        return problem is null ? null : text.Error(server.UserInfoOffset, problem);
    }

    private static ChainError? CheckAuthorization(HopText text, HopServer server)
    {
        if (server.Options["auth"] is not { } option)
        {
            return null;
        }

        string? problem = option.Value == Hop.RedactedSecret
            ? "REDACTED stands where the authorization was; write it, or leave config out of update_mask"
            : option.Value.Length is 0 or > 4096 ? "auth has to be 1 to 4096 characters long, e.g. auth=Bearer%20..."
            : !HttpField.IsValue(option.Value) ? "auth may hold visible ASCII, spaces and tabs only"
            : null;
        return problem is null ? null : text.Error(option.Offset, problem);
    }

    private static ChainError? CheckTls(HopText text, HopServer server)
    {
        HopOptions options = server.Options;
        if (options["plain"] is { } plain)
        {
            string? problem = plain.Value is not ("true" or "false") ? "plain has to be true or false"
                : plain.Value == "true" && (options["sni"] ?? options["certname"] ?? options["ca"]) is not null
                    ? "sni, certname and ca are TLS's, which plain=true turns off"
                : null;
            if (problem is not null)
            {
                return text.Error(plain.Offset, problem);
            }
        }

        if (options["ca"] is { } file && (!file.Value.StartsWith('/') || file.Value.Contains('\0', StringComparison.Ordinal)))
        {
            return text.Error(file.Offset, "ca has to be the absolute path of a PEM file, e.g. ca=/etc/netcontrol/ca.pem");
        }

        return CheckName(text, options["sni"], "sni", mayBeEmpty: true) ?? CheckName(text, options["certname"], "certname", mayBeEmpty: false);
    }

    private static ChainError? CheckName(HopText text, HopOption? name, string key, bool mayBeEmpty) =>
        name is { } option && !(mayBeEmpty && option.Value.Length == 0)
            && (option.Value.Length > 255 || Uri.CheckHostName(option.Value) == UriHostNameType.Unknown)
            ? text.Error(option.Offset, $"{key} has to be a host name{(mayBeEmpty ? ", or empty to send none" : " or an IP address")}")
            : null;
}
