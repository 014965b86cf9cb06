using NetControl.Network;
using NetControl.Transport.Http;
using NetControl.Transport.Http2;

namespace NetControl.Transport.HttpConnect;

/// <summary>Tunnels over HTTP/2 (RFC 9113 section 8.5): asks for one, tries again where that is harmless, and says why there is none.</summary>
internal sealed class Http2Tunnels
{
    private const int Attempts = 3;
    private readonly Http2Pool _pool;
    private readonly bool _authorized;

    /// <summary>Makes tunnels to one proxy.</summary>
    public Http2Tunnels(
        Func<CancellationToken, ValueTask<Http2Opening>> open, HttpConnectOptions options, TimeProvider time, Func<object?> currentLoop)
    {
        _pool = new Http2Pool(open, new Http2Request(options.Sent), time, currentLoop);
        _authorized = options.Authorization is not null;
    }

    /// <summary>Opens a tunnel, unless the proxy turns out to speak HTTP/1.1: see <see cref="Http2Stream.IsHttp1"/>.</summary>
    /// <exception cref="HttpConnectException">The proxy cannot be reached, refuses, or breaks the protocol.</exception>
    public async ValueTask<Http2Stream> DialAsync(HostPort destination, CancellationToken cancellationToken)
    {
        if (!HttpAuthority.CanCarry(destination))
        {
            throw HttpConnectException.CannotCarry(destination);
        }

        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Http2Stream stream = _pool.Open(destination);
            try
            {
                if (await stream.AnswerAsync(cancellationToken) || stream.IsHttp1)
                {
                    return stream;
                }

                throw HttpConnectException.Refused(stream.Status, stream.Challenge.Length == 0 ? "" : $"scheme {stream.Challenge}", _authorized);
            }
            catch (Exception e)
            {
                stream.Abort();
                cancellationToken.ThrowIfCancellationRequested();
                if (attempt == Attempts || !MayTryAgain(e, stream))
                {
                    throw Explain(e);
                }
            }
        }
    }

    /// <summary>
    /// Whether another attempt does no harm: the proxy has not looked at the request; or its connection, which others had used before, ended
    /// with our first frame on the way, and nothing was said inside the tunnel.
    /// </summary>
    private static bool MayTryAgain(Exception error, Http2Stream stream) => error is Http2StreamException fault
        && (fault.Code == Http2ErrorCode.RefusedStream || (fault.Code is null && stream.Id > 1));

    private static Exception Explain(Exception error) => error switch
    {
        DialException => error,
        Http2StreamException { Code: { } code } => new HttpConnectException(ToFailure(code), $"the HTTP/2 proxy refused the tunnel: {code}", error),
        Http2ProtocolException => new HttpConnectException(DialFailure.ProxyProtocol, error.Message, error),
        IOException => HttpConnectException.BrokenOff(error),
        OperationCanceledException => new HttpConnectException(DialFailure.Canceled, "the connection to the HTTP/2 proxy was given up", error),
        _ => error,
    };

    private static DialFailure ToFailure(Http2ErrorCode code) => code switch
    {
        Http2ErrorCode.ConnectError => DialFailure.HostUnreachable,
        Http2ErrorCode.RefusedStream or Http2ErrorCode.EnhanceYourCalm or Http2ErrorCode.Cancel or Http2ErrorCode.InternalError
            or Http2ErrorCode.NoError => DialFailure.Other,
        _ => DialFailure.ProxyProtocol,
    };
}
