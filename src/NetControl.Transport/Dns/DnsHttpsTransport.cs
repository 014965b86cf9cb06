using NetControl.Network;
using NetControl.Transport.Http;
using NetControl.Transport.Http2;
using NetControl.Transport.Tls;

namespace NetControl.Transport.Dns;

/// <summary>Asks over HTTPS (RFC 8484): POST, by HTTP/2 where the resolver chooses it in the handshake of TLS, else by HTTP/1.1.</summary>
/// <remarks>
/// Connections are kept and used again, each only by the event loop that opened it. The message's id is 0 on the way (RFC 8484 section 4.1).
/// </remarks>
public sealed class DnsHttpsTransport : IDnsTransport
{
    /// <summary>The path that resolvers serve.</summary>
    public const string DefaultPath = "/dns-query";

    /// <summary>What the TLS of the endpoint has to offer (ALPN).</summary>
    internal static readonly string[] ApplicationProtocols = ["h2", "http/1.1"];

    private const string MediaType = "application/dns-message";
    private const int Attempts = 3;
    private readonly IStreamEndpoint _server;
    private readonly HostPort _authority;
    private readonly Http2Pool _http2;
    private readonly DnsHttp1 _http1;
    private volatile bool _speaksHttp1;

    /// <summary>Makes a transport.</summary>
    /// <param name="server">Reaches the resolver, inside TLS that offers <c>h2</c> and <c>http/1.1</c>.</param>
    /// <param name="authority">The resolver as its URL names it.</param>
    /// <param name="path">The path of its URL, ASCII.</param>
    /// <param name="timeProvider">The clock; an event loop's where queries are made on loops.</param>
    /// <param name="currentLoop">The event loop that the caller runs on, or null; left out where there are no loops.</param>
    /// <exception cref="ArgumentNullException">A part is null.</exception>
    public DnsHttpsTransport(
        IStreamEndpoint server,
        HostPort authority,
        string path = DefaultPath,
        TimeProvider? timeProvider = null,
        Func<object?>? currentLoop = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(path);
        TimeProvider time = timeProvider ?? TimeProvider.System;
        Func<object?> loop = currentLoop ?? (static () => null);
        HttpField[] fields = [new("Accept", MediaType), new("Content-Type", MediaType)];
        _server = server;
        _authority = authority;
        _http2 = new Http2Pool(OpenAsync, Http2Request.Post(path, fields), time, loop);
        _http1 = new DnsHttp1(server, authority, path, fields, time, loop);
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        DnsStep.CheckQuery(query.Span);
        byte[] body = query.ToArray();
        DnsHeader.SetId(body, 0);
        byte[] answer;
        try
        {
            answer = _speaksHttp1
                ? await _http1.PostAsync(connection: null, body, cancellationToken)
                : await PostAsync(body, cancellationToken);
        }
        catch (Exception e) when (e is IOException or DialException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new DnsException(e is DialException ? DnsError.Dial : DnsError.Receive, $"the answer did not come: {e.Message}", e);
        }

        if (DnsAnswerCheck.Fault(body, answer) is { } fault)
        {
            throw new DnsException(DnsError.BadResponse, fault);
        }

        query[..2].CopyTo(answer);
        return answer;
    }

    private async ValueTask<byte[]> PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Http2Stream stream = _http2.Open(_authority);
            try
            {
                _ = SendAsync(stream, body);
                if (await stream.AnswerAsync(cancellationToken))
                {
                    return await DnsHttp1.ReadToEndAsync(stream, cancellationToken);
                }

                if (!stream.IsHttp1)
                {
                    throw DnsHttp1.Refused(stream.Status);
                }

                _speaksHttp1 = true;
                return await _http1.PostAsync(stream.Http1Connection, body, cancellationToken);
            }
            catch (Http2StreamException e) when (attempt < Attempts && (e.Code == Http2ErrorCode.RefusedStream || e.Code is null))
            {
                // The resolver has not looked at it, or the connection ended beneath; asking twice does no harm (RFC 8484 section 4.1).
            }
            finally
            {
                stream.Dispose();
            }
        }
    }

    /// <summary>Sends the body. How that fails, the answer tells as well.</summary>
    private static async Task SendAsync(Http2Stream stream, byte[] body)
    {
        try
        {
            await stream.WriteAsync(body);
            await stream.CloseWriteAsync();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The stream is over.
        }
    }

    private async ValueTask<Http2Opening> OpenAsync(CancellationToken cancellationToken)
    {
        IStreamConnection connection = await _server.ConnectAsync(cancellationToken);
        return new Http2Opening(connection, connection is TlsStreamConnection { ApplicationProtocol: "h2" });
    }
}
