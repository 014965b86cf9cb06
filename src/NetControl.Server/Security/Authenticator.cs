using NetControl.Server.Security.Certificates;
using NetControl.Server.Security.Peers;
using NetControl.Server.Security.Tokens;

namespace NetControl.Server.Security;

/// <summary>Finds out who calls: a token, else a certificate, else the peer of a Unix socket, else nobody.</summary>
internal sealed class Authenticator
{
    private const string Bearer = "Bearer ";
    private const int LongestToken = 512;

    private readonly AccessSettings _settings;
    private readonly TokenStore? _tokens;
    private readonly TimeProvider _time;
    private readonly uint _ownUid;

    public Authenticator(AccessSettings settings, TokenStore? tokens, uint ownUid, TimeProvider time)
    {
        _settings = settings;
        _tokens = tokens;
        _ownUid = ownUid;
        _time = time;
    }

    /// <summary>The caller, or why there is none.</summary>
    public (Caller? Caller, Rejection? Rejection) Authenticate(HttpContext context, ConnectionFacts facts)
    {
        string address = AddressOf(context, facts);
        string? authorization = context.Request.Headers.Authorization;
        if (!string.IsNullOrEmpty(authorization))
        {
            return ByToken(authorization, address);
        }

        if (facts.Certificate is { } certificate)
        {
            return ByCertificate(certificate, address);
        }

        if (facts.Peer is { } peer)
        {
            Role role = PeerRule.RoleOf(peer, _settings.PeerRules, _ownUid);
            return Known(new Caller($"uid:{peer.Uid}", AuthenticationMethod.UnixPeer, role, address, CancellationToken.None));
        }

        return facts.AnonymousRole == Role.None
            ? (null, Rejection.Missing(Accepted(facts)))
            : (new Caller("anonymous", AuthenticationMethod.Anonymous, facts.AnonymousRole, address, CancellationToken.None), null);
    }

    /// <summary>Where a request comes from, for people.</summary>
    public static string AddressOf(HttpContext context, ConnectionFacts? facts) =>
        facts?.Peer is { } peer ? $"unix:pid={peer.Pid},uid={peer.Uid},gid={peer.Gid}"
        : context.Connection.RemoteIpAddress is { } ip
            ? new System.Net.IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, context.Connection.RemotePort).ToString()
        : "unknown";

    private (Caller? Caller, Rejection? Rejection) ByToken(string authorization, string address)
    {
        if (!authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) || authorization.Length > Bearer.Length + LongestToken)
        {
            return (null, Rejection.Invalid("authorization is not a bearer token; write authorization: Bearer <token>"));
        }

        if (_tokens?.Find(authorization[Bearer.Length..].Trim()) is not { } grant)
        {
            return (null, Rejection.Invalid("the bearer token is not known here"));
        }

        return grant.IsExpired(_time.GetUtcNow())
            ? (null, Rejection.Expired($"the bearer token of {grant.Entry.Name} ended on {grant.Entry.Expires:yyyy-MM-dd HH:mm:ss}Z"))
            : Known(new Caller($"token:{grant.Entry.Name}", AuthenticationMethod.BearerToken, grant.Entry.Role, address, grant.Revoked));
    }

    private (Caller? Caller, Rejection? Rejection) ByCertificate(ClientIdentity certificate, string address)
    {
        if (certificate.Revoked || certificate.NotAfter < _time.GetUtcNow().UtcDateTime)
        {
            return (null, Rejection.Expired("the client certificate is no longer valid"));
        }

        foreach (CertificateRule rule in _settings.CertificateRules)
        {
            foreach (CertificateName name in certificate.Names)
            {
                if (rule.Fits(name))
                {
                    return Known(new Caller(name.ToString(), AuthenticationMethod.ClientCertificate, rule.Role, address,
                        CancellationToken.None));
                }
            }
        }

        string first = certificate.Names.Count > 0 ? certificate.Names[0].ToString() : "a certificate without a name";
        return (null, Rejection.NoRole(first));
    }

    private static (Caller? Caller, Rejection? Rejection) Known(Caller caller) =>
        caller.Role == Role.None ? (null, Rejection.NoRole(caller.Identity)) : (caller, null);

    private string Accepted(ConnectionFacts facts) => (facts.AsksForCertificate, _tokens is not null) switch
    {
        (true, true) => "a client certificate or a bearer token",
        (true, false) => "a client certificate",
        (false, true) => "a bearer token",
        _ => "nothing: it is closed; set listen.tokenFile or listen.tls.clientCaFile",
    };
}
