using System.Net.Security;
using NetControl.Network;
using NetControl.Testing.Certificates;
using NetControl.Transport.Http2;
using NetControl.Transport.HttpConnect;
using NetControl.Transport.Tests.Http2;
using NetControl.Transport.Tests.Tls;
using NetControl.Transport.Tls;

namespace NetControl.Transport.Tests.HttpConnect;

/// <summary>The choice of the protocol in the handshake of TLS, against the framework's own server side.</summary>
public sealed class HttpConnectDialerTests : IDisposable
{
    private static readonly HostPort Destination = HostPort.Parse("example.org:443");
    private readonly TestAuthority _authority = new("root");
    private int _handshakes;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Dial_ProxyWithoutAlpn_SpeaksHttp1AndReturnsTheVeryConnection()
    {
        using TlsServer server = Server(Http1Async);
        HttpConnectDialer dialer = new(Endpoint(server));
        using IStreamConnection first = await dialer.DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience);
        using IStreamConnection second = await dialer.DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience);
        Assert.IsType<TlsStreamConnection>(first);
        Assert.Equal("tunnel"u8.ToArray(), await second.ReadExactlyAsync(6));
        Assert.Equal(2, _handshakes);
    }

    [Fact]
    public async Task Dial_ManyAtOnceToAProxyOfHttp1_AllGetTheirOwnConnection()
    {
        using TlsServer server = Server(Http1Async, "http/1.1");
        HttpConnectDialer dialer = new(Endpoint(server));
        Task<IStreamConnection>[] dials = [.. Enumerable.Range(0, 4).Select(_ => dialer.DialAsync(Destination).AsTask())];
        foreach (Task<IStreamConnection> dial in dials)
        {
            using IStreamConnection tunnel = await dial.WaitAsync(StreamExtensions.Patience);
            Assert.Equal("tunnel"u8.ToArray(), await tunnel.ReadExactlyAsync(6));
        }

        Assert.Equal(4, _handshakes);
    }

    [Fact]
    public async Task Dial_ProxyChoosesHttp2_ThreeTunnelsShareOneHandshake()
    {
        using TlsServer server = Server(Http2Async, "h2", "http/1.1");
        HttpConnectDialer dialer = new(Endpoint(server));
        Task<IStreamConnection>[] dials = [.. Enumerable.Range(0, 3).Select(_ => dialer.DialAsync(Destination).AsTask())];
        foreach (Task<IStreamConnection> dial in dials)
        {
            using IStreamConnection tunnel = await dial.WaitAsync(StreamExtensions.Patience);
            Assert.Equal("tunnel"u8.ToArray(), await tunnel.ReadExactlyAsync(6));
        }

        Assert.Equal(1, _handshakes);
    }

    [Fact]
    public async Task Dial_Http2OnlyToAProxyOfHttp1_SaysThatNoProtocolWasAgreedOn()
    {
        using TlsServer silent = Server(Http1Async);
        HttpConnectException error = await FailAsync(silent, "h2");
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        Assert.Contains("no application protocol", error.Message, StringComparison.Ordinal);

        using TlsServer refusing = Server(Http1Async, "http/1.1");
        error = await FailAsync(refusing, "h2");
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        Assert.Contains("no application protocol", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Dial_ProxyWithAWrongCertificate_IsAProtocolFailure()
    {
        using TlsServer server = Server(Http2Async, "h2");
        var endpoint = new StreamDialerEndpoint(new TlsStreamDialer(server.Dialer), new HostPort("server.example", 443));
        HttpConnectException error = await Assert.ThrowsAsync<HttpConnectException>(
            () => new HttpConnectDialer(endpoint).DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience));
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        Assert.IsType<TlsException>(error.InnerException);
    }

    private static async Task Http1Async(SslStream stream)
    {
        byte[] request = new byte[4096];
        for (int have = 0; !request.AsSpan(0, have).EndsWith("\r\n\r\n"u8);)
        {
            int read = await stream.ReadAsync(request.AsMemory(have));
            have += read > 0 ? read : throw new EndOfStreamException();
        }

        await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\ntunnel"u8.ToArray());
    }

    private static async Task Http2Async(SslStream stream)
    {
        var peer = new Http2Peer(stream);
        await peer.GreetAsync();
        while (true)
        {
            int id = await peer.RequestAsync();
            await peer.AnswerAsync(id, 200);
            await peer.SendAsync(Http2FrameType.Data, Http2FrameFlags.None, id, "tunnel"u8.ToArray());
        }
    }

    private static StreamDialerEndpoint Endpoint(TlsServer server, params string[] protocols) => new(
        new TlsStreamDialer(server.Dialer, new TlsClientOptions
        {
            Roots = server.Roots,
            ApplicationProtocols = protocols.Length > 0 ? protocols : ["h2", "http/1.1"],
        }),
        new HostPort("server.example", 443));

    private static Task<HttpConnectException> FailAsync(TlsServer server, params string[] protocols) => Assert.ThrowsAsync<HttpConnectException>(
        () => new Http2ConnectDialer(Endpoint(server, protocols)).DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience));

    private TlsServer Server(Func<SslStream, Task> script, params string[] protocols) => new(
        _authority,
        stream =>
        {
            Interlocked.Increment(ref _handshakes);
            return script(stream);
        },
        options => options.ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols.Select(name => new SslApplicationProtocol(name))]);
}
