using Grpc.Core;

namespace NetControl.Server.Security;

/// <summary>Who calls: known before the request is looked at, and kept with it as a feature of its HttpContext.</summary>
/// <param name="Identity">A name that is the same on every connection: <c>token:ci</c>, <c>uri:spiffe://...</c>, <c>uid:1000</c>.</param>
/// <param name="Method">How it proved to be so.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Address">Where it calls from: an IP end point, or the peer process of a Unix socket.</param>
/// <param name="Revoked">Cancelled when the credential is taken back while something is still open.</param>
internal sealed record Caller(string Identity, AuthenticationMethod Method, Role Role, string Address, CancellationToken Revoked)
{
    /// <summary>The caller of a request, or null where nobody asked: health, and the HTTP paths.</summary>
    public static Caller? Of(HttpContext context) => context.Features.Get<Caller>();

    /// <summary>The caller of a call.</summary>
    public static Caller? Of(ServerCallContext context) => Of(context.GetHttpContext());
}
