using System.Text;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Http;
using NetControl.Transport.HttpConnect;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.HttpConnect;

public sealed class Http1ConnectDialerTests
{
    private static readonly HostPort Destination = HostPort.Parse("example.org:443");
    private static readonly byte[] Yes = "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray();

    [Fact]
    public void Constructor_NullEndpoint_IsRefused() => Assert.Throws<ArgumentNullException>(() => new Http1ConnectDialer(null!));

    [Theory]
    [InlineData("198.51.100.7:443", "198.51.100.7:443")]
    [InlineData("[2001:db8::1]:443", "[2001:db8::1]:443")]
    [InlineData("Example.org:80", "Example.org:80")]
    public async Task Dial_Destination_SendsOneRequestAndReturnsTheVeryConnection(string destination, string authority)
    {
        var connection = new MemoryStreamConnection([.. Yes, .. "early"u8]);
        IStreamConnection stream = await new Http1ConnectDialer(new FixedEndpoint(connection)).DialAsync(HostPort.Parse(destination));
        Assert.Same(connection, stream);
        Assert.Equal($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n", Encoding.ASCII.GetString(Assert.Single(connection.Writes)));
        Assert.Equal("early"u8.ToArray(), await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Dial_AuthorizationAndFields_AreSent()
    {
        var connection = new MemoryStreamConnection(Yes);
        var options = new HttpConnectOptions { Authorization = ProxyAuthorization.Basic("user", "p\u00e4ss"), Fields = [new HttpField("X-Tenant", "blue")] };
        await new Http1ConnectDialer(new FixedEndpoint(connection), options).DialAsync(Destination);
        string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes("user:p\u00e4ss"));
        Assert.EndsWith(
            $"\r\nProxy-Authorization: Basic {credentials}\r\nX-Tenant: blue\r\n\r\n",
            Encoding.ASCII.GetString(connection.Writes[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_RawAuthorization_IsSentAsItIs()
    {
        var connection = new MemoryStreamConnection(Yes);
        var options = new HttpConnectOptions { Authorization = ProxyAuthorization.Raw("Bearer abc.def") };
        await new Http1ConnectDialer(new FixedEndpoint(connection), options).DialAsync(Destination);
        Assert.Contains("\r\nProxy-Authorization: Bearer abc.def\r\n", Encoding.ASCII.GetString(connection.Writes[0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_Text_ShowsNoSecret()
    {
        var options = new HttpConnectOptions { Authorization = ProxyAuthorization.Basic("user", "secret"), Fields = [new HttpField("X-Key", "secret")] };
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("dXNlcj", options.ToString(), StringComparison.Ordinal);
        Assert.Contains("X-Key", options.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host", "x")]
    [InlineData("proxy-authorization", "x")]
    [InlineData("Transfer-Encoding", "chunked")]
    public void Options_FieldOfTheRequestItself_IsRefused(string name, string value)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new HttpConnectOptions { Fields = [new HttpField(name, value)] });
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A B", "x")]
    [InlineData("", "x")]
    [InlineData("A:", "x")]
    [InlineData("A", "secret\r\nB: c")]
    [InlineData("A", "secret\u00e9")]
    public void Field_ThatCouldSayMore_IsRefusedWithoutItsValue(string name, string value)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new HttpField(name, value));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("us:er", "x")]
    [InlineData("user", "a\nb")]
    public void BasicAuthorization_ThatCannotBeCarried_IsRefused(string user, string password) =>
        Assert.Throws<ArgumentException>(() => ProxyAuthorization.Basic(user, password));

    [Theory]
    [InlineData("204 No Content")]
    [InlineData("200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked")]
    public async Task Dial_AnySuccess_IsYesAndItsLengthMeansNothing(string answer)
    {
        var connection = new MemoryStreamConnection(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer}\r\n\r\nhello"));
        using IStreamConnection stream = await new Http1ConnectDialer(new FixedEndpoint(connection)).DialAsync(Destination);
        Assert.Equal("hello"u8.ToArray(), await stream.ReadToEndAsync());
    }

    [Theory]
    [InlineData("400 Bad Request", DialFailure.ProxyProtocol, "answered 400 Bad Request")]
    [InlineData("403 Forbidden", DialFailure.NotAllowed, "answered 403 Forbidden")]
    [InlineData("404 Not Found", DialFailure.HostUnreachable, "answered 404")]
    [InlineData("405 Method Not Allowed", DialFailure.ProxyProtocol, "does not serve CONNECT")]
    [InlineData("408 Request Timeout", DialFailure.TimedOut, "answered 408")]
    [InlineData("429 Too Many Requests", DialFailure.Other, "answered 429")]
    [InlineData("451 Unavailable", DialFailure.NotAllowed, "answered 451")]
    [InlineData("500 Unable to connect", DialFailure.HostUnreachable, "answered 500 Unable to connect")]
    [InlineData("502 Bad Gateway", DialFailure.HostUnreachable, "answered 502")]
    [InlineData("503 Service Unavailable", DialFailure.HostUnreachable, "answered 503")]
    [InlineData("504 Gateway Timeout", DialFailure.TimedOut, "answered 504")]
    [InlineData("301 Moved", DialFailure.ProxyProtocol, "answered 301")]
    [InlineData("101 Switching Protocols", DialFailure.ProxyProtocol, "answered 101")]
    public async Task Dial_Refused_CarriesTheStatus(string answer, DialFailure failure, string text)
    {
        using var proxy = Answering($"HTTP/1.1 {answer}\r\nX-Squid-Error: ERR_NONE 0\r\nContent-Length: 0\r\n\r\n");
        HttpConnectException error = await FailAsync(proxy);
        Assert.Equal((failure, int.Parse(answer[..3])), (error.Failure, error.StatusCode));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Theory]
    [InlineData(false, "wants an authorization (407 Nope, scheme Digest)")]
    [InlineData(true, "refused the authorization (407 Nope, scheme Digest)")]
    public async Task Dial_ProxyAuthenticationRequired_SaysWhichWay(bool offered, string text)
    {
        using var proxy = Answering("HTTP/1.1 407 Nope\r\nProxy-Authenticate: Digest realm=\"x\"\r\n\r\n");
        var options = new HttpConnectOptions { Authorization = offered ? ProxyAuthorization.Basic("user", "secret") : null };
        HttpConnectException error = await FailAsync(proxy, options);
        Assert.Equal((DialFailure.ProxyProtocol, 407), (error.Failure, error.StatusCode));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "no HTTP/1.1")]
    [InlineData("HTTP/1.1 200 OK\n\n", "no HTTP/1.1")]
    public async Task Dial_Rubbish_IsAProtocolFailureAndTheConnectionIsReset(string said, string text)
    {
        using var proxy = Answering(said);
        HttpConnectException error = await FailAsync(proxy);
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public async Task Dial_HeadWithoutEnd_IsBounded()
    {
        var connection = new MemoryStreamConnection([.. "HTTP/1.1 200 OK\r\nA: "u8, .. new byte[100_000]], hang: true);
        HttpConnectException error = await Assert.ThrowsAsync<HttpConnectException>(
            () => new Http1ConnectDialer(new FixedEndpoint(connection)).DialAsync(Destination).AsTask());
        Assert.Contains("bytes of header", error.Message, StringComparison.Ordinal);
        Assert.True(connection.Aborted && connection.Disposed);
    }

    [Fact]
    public async Task Dial_ProxyResetsMidAnswer_IsUnreachable()
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync("HTTP/1.1 20"u8.ToArray());
            connection.Reset();
        });
        Assert.Equal(DialFailure.ProxyUnreachable, (await FailAsync(proxy)).Failure);
    }

    [Fact]
    public async Task Dial_ProxyClosesMidAnswer_IsUnreachable()
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync("HTTP/1.1 20"u8.ToArray());
        });
        HttpConnectException error = await FailAsync(proxy);
        Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
        Assert.Contains("closed the connection", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_ProxyNeverAnswers_EndsWithItsTokenAndTheConnectionIsReset()
    {
        var heard = new TaskCompletionSource();
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            heard.SetResult();
            await connection.WaitForEndAsync();
        });
        using var cancellation = new CancellationTokenSource();
        Task<IStreamConnection> dial = Dialer(proxy).DialAsync(Destination, cancellation.Token).AsTask();
        await heard.Task.WaitAsync(StreamExtensions.Patience);
        Assert.False(dial.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Fact]
    public async Task Dial_ProxyUnreachable_NamesTheProxyAndKeepsTheCause()
    {
        var cause = new DialException(DialFailure.Refused, "nobody there");
        HttpConnectException error = await Assert.ThrowsAsync<HttpConnectException>(
            () => new Http1ConnectDialer(new FixedEndpoint(null, cause)).DialAsync(Destination).AsTask());
        Assert.Equal((DialFailure.ProxyUnreachable, null), (error.Failure, error.StatusCode));
        Assert.Same(cause, error.InnerException);
    }

    [Fact]
    public async Task Dial_NameThatHttpCannotCarry_FailsBeforeAnythingIsSent()
    {
        var connection = new MemoryStreamConnection(Yes);
        await Assert.ThrowsAsync<HttpConnectException>(
            () => new Http1ConnectDialer(new FixedEndpoint(connection)).DialAsync(new HostPort("a\r\nb", 1)).AsTask());
        Assert.Empty(connection.Writes);
        Assert.True(connection.Aborted);
    }

    [Fact]
    public async Task Dial_ByteByByte_ReadsTheAnswerAndLeavesThePayload()
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteByteByByteAsync([.. Yes, .. "payload"u8]);
        });
        using IStreamConnection stream = await Dialer(proxy).DialAsync(Destination);
        Assert.IsType<TcpStreamConnection>(stream);
        Assert.Equal("payload"u8.ToArray(), await stream.ReadToEndAsync());
    }

    private static ScriptedProxy Answering(string answer) => new(async connection =>
    {
        await connection.ReadOnceAsync();
        await connection.WriteAsync(Encoding.Latin1.GetBytes(answer));
        await connection.WaitForEndAsync();
    });

    private static Http1ConnectDialer Dialer(ScriptedProxy proxy, HttpConnectOptions? options = null) =>
        new(new StreamDialerEndpoint(new TcpStreamDialer(), proxy.EndPoint.ToHostPort()), options);

    private static Task<HttpConnectException> FailAsync(ScriptedProxy proxy, HttpConnectOptions? options = null) =>
        Assert.ThrowsAsync<HttpConnectException>(() => Dialer(proxy, options).DialAsync(Destination).AsTask());
}
