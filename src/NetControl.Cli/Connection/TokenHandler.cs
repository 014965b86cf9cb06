using System.Net.Http.Headers;

namespace NetControl.Cli.Connection;

/// <summary>Sends the bearer token with every call.</summary>
internal sealed class TokenHandler : DelegatingHandler
{
    private readonly string _token;

    public TokenHandler(string token, HttpMessageHandler inner)
        : base(inner)
    {
        _token = token;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        return base.SendAsync(request, cancellationToken);
    }
}
