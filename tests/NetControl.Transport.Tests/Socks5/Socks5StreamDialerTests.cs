using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Tests.Socks5;

public sealed class Socks5StreamDialerTests
{
    private const string Yes = "05 00 05 00 00 01 00 00 00 00 00 00";
    private static readonly HostPort Destination = HostPort.Parse("8.8.8.8:853");
    private static readonly Socks5Credentials Credentials = new("user", "secret");

    [Fact]
    public void Constructor_NullEndpoint_IsRefused() => Assert.Throws<ArgumentNullException>(() => new Socks5StreamDialer(null!));

    [Fact]
    public async Task Dial_ProxyUnreachable_NamesTheProxyAndKeepsTheCause()
    {
        var cause = new DialException(DialFailure.Refused, "nobody there");
        Socks5Exception error = await FailAsync(new FixedEndpoint(null, cause));
        Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
        Assert.Same(cause, error.InnerException);
    }

    [Fact]
    public async Task Dial_NameTooLong_FailsBeforeAnythingIsOpened()
    {
        var dialer = new Socks5StreamDialer(new FixedEndpoint(null, new InvalidOperationException("must not be asked")));
        await Assert.ThrowsAsync<Socks5Exception>(() => dialer.DialAsync(new HostPort(new string('\u00e9', 200), 1)).AsTask());
    }

    [Theory]
    [InlineData("8.8.8.8:853", "05 01 00 05 01 00 01 08 08 08 08 03 55")]
    [InlineData("[2001:4860:4860::8888]:853", "05 01 00 05 01 00 04 20 01 48 60 48 60 00 00 00 00 00 00 00 00 88 88 03 55")]
    [InlineData("dns.google:853", "05 01 00 05 01 00 03 0a 64 6e 73 2e 67 6f 6f 67 6c 65 03 55")]
    public async Task Dial_AddressType_SendsEverythingInOnePieceBeforeTheProxyAnswersAndExchangesData(string destination, string request)
    {
        byte[]? seen = null;
        byte[]? data = null;
        using var proxy = new ScriptedProxy(async connection =>
        {
            seen = await connection.ReadOnceAsync();
            await connection.WriteAsync(Socks5AddressTests.Bytes(Yes));
            data = await connection.ReadAsync(7);
            await connection.WriteAsync("response"u8.ToArray());
        });
        using IStreamConnection stream = await Dialer(proxy).DialAsync(HostPort.Parse(destination));
        Assert.Equal(Socks5AddressTests.Bytes(request), seen);
        await stream.WriteAsync("request"u8.ToArray());
        Assert.Equal("response"u8.ToArray(), await stream.ReadToEndAsync());
        Assert.Equal("request"u8.ToArray(), data);
    }

    [Theory]
    [InlineData(1, DialFailure.Other, "general SOCKS server failure")]
    [InlineData(2, DialFailure.NotAllowed, "connection not allowed by ruleset")]
    [InlineData(3, DialFailure.NetworkUnreachable, "network unreachable")]
    [InlineData(4, DialFailure.HostUnreachable, "host unreachable")]
    [InlineData(5, DialFailure.Refused, "connection refused")]
    [InlineData(6, DialFailure.TimedOut, "TTL expired")]
    [InlineData(7, DialFailure.ProxyProtocol, "command not supported")]
    [InlineData(8, DialFailure.ProxyProtocol, "address type not supported")]
    [InlineData(0xff, DialFailure.Other, "reply code 255")]
    public async Task Dial_ProxySaysNo_CarriesTheReplyCode(byte code, DialFailure failure, string text)
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync(5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0);
            await connection.WaitForEndAsync();
        });
        Socks5Exception error = await Assert.ThrowsAsync<Socks5Exception>(() => Dialer(proxy).DialAsync(Destination).AsTask());
        Assert.Equal((Socks5ReplyCode)code, error.ReplyCode);
        Assert.Equal(failure, error.Failure);
        Assert.EndsWith(text, error.Message, StringComparison.Ordinal);
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dial_RealServer_EchoesAndHalfCloses(bool authenticated)
    {
        using var echo = new EchoServer();
        using var server = new Socks5Server(authenticated ? new Socks5ServerOptions { Username = "user", Password = "secret" } : null);
        IStreamDialer dialer = Dialer(server, authenticated ? Credentials : null);
        using IStreamConnection stream = await dialer.DialAsync(echo.EndPoint.ToHostPort());
        Assert.IsType<TcpStreamConnection>(stream);
        byte[] request = new byte[1_000_000];
        Random.Shared.NextBytes(request);
        Task<byte[]> reply = stream.ReadToEndAsync();
        await stream.WriteAsync(request);
        await stream.CloseWriteAsync();
        Assert.Equal(request, await reply);
        Assert.Equal((1, request.Length, request.Length), (server.Connects, server.BytesUp, server.BytesDown));
    }

    [Fact]
    public async Task Dial_WrongPassword_IsRefused()
    {
        using var server = new Socks5Server(new Socks5ServerOptions { Username = "user", Password = "other" });
        Socks5Exception error = await Assert.ThrowsAsync<Socks5Exception>(() => Dialer(server, Credentials).DialAsync(Destination).AsTask());
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        Assert.Contains("refused the user name or password", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "refuses user name and password")]
    [InlineData(false, "wants authentication")]
    public async Task Dial_AuthenticationMismatch_SaysWhichWay(bool weOffer, string text)
    {
        using var server = new Socks5Server(weOffer ? null : new Socks5ServerOptions { Username = "user", Password = "secret" });
        Socks5Exception error = await Assert.ThrowsAsync<Socks5Exception>(() => Dialer(server, weOffer ? Credentials : null).DialAsync(Destination).AsTask());
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_ServerThatNeedsNoPasswordAlthoughOffered_IsAccepted()
    {
        byte[]? seen = null;
        using var proxy = new ScriptedProxy(async connection =>
        {
            seen = await connection.ReadOnceAsync();
            await connection.WriteAsync(Socks5AddressTests.Bytes(Yes));
            await connection.WriteAsync("hello"u8.ToArray());
        });
        using IStreamConnection stream = await Dialer(proxy, Credentials).DialAsync(Destination);
        Assert.Equal(Socks5AddressTests.Bytes("05 01 02 01 04 75 73 65 72 06 73 65 63 72 65 74 05 01 00 01 08 08 08 08 03 55"), seen);
        Assert.Equal("hello"u8.ToArray(), await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Dial_RealServerTargetRefuses_IsRefused()
    {
        using var server = new Socks5Server();
        Socks5Exception error = await Assert.ThrowsAsync<Socks5Exception>(() => Dialer(server).DialAsync(HostPort.Parse("127.0.0.1:1")).AsTask());
        Assert.Equal((DialFailure.Refused, Socks5ReplyCode.ConnectionRefused), (error.Failure, error.ReplyCode));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("secret")]
    public async Task Dial_ByteByByteServer_ReadsTheAnswerAndLeavesThePayload(string? password)
    {
        string answer = password is null ? Yes : "05 02 01 00 05 00 00 01 00 00 00 00 00 00";
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteByteByByteAsync([.. Socks5AddressTests.Bytes(answer), .. "payload"u8]);
        });
        using IStreamConnection stream = await Dialer(proxy, password is null ? null : new Socks5Credentials("user", password)).DialAsync(Destination);
        Assert.Equal("payload"u8.ToArray(), await stream.ReadToEndAsync());
    }

    [Theory]
    [InlineData("01 00 00 00 00 00 00", 1)]
    [InlineData("01 00 00 00 00 00 00", 100)]
    [InlineData("04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 35", 100)]
    [InlineData("03 00 00 35", 100)]
    [InlineData("03 05 61 62 63 64 65 00 35", 3)]
    public async Task Dial_PayloadRightBehindTheAnswer_IsNotReadByTheHandshake(string bound, int bytesPerRead)
    {
        byte[] answer = [5, 0, 5, 0, 0, .. Socks5AddressTests.Bytes(bound)];
        var connection = new MemoryStreamConnection([.. answer, .. "payload"u8]) { MostBytesPerRead = bytesPerRead };
        ValueTask<IStreamConnection> dial = new Socks5StreamDialer(new FixedEndpoint(connection)).DialAsync(Destination);
        Assert.True(dial.IsCompletedSuccessfully);
        Assert.Same(connection, await dial);
        Assert.Equal(answer.Length, connection.Consumed);
        Assert.Single(connection.Writes);
        Assert.False(connection.Aborted || connection.Disposed);
    }

    [Fact]
    public async Task Dial_ClosedAtAnyByte_IsTheProxysFaultAndLeavesNothingOpen()
    {
        byte[] answer = Socks5AddressTests.Bytes("05 02 01 00 05 00 00 04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 35");
        for (int length = 0; length < answer.Length; length++)
        {
            var connection = new MemoryStreamConnection(answer[..length]);
            Socks5Exception error = await FailAsync(new FixedEndpoint(connection), Credentials);
            Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
            Assert.True(connection.Aborted && connection.Disposed);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("05")]
    [InlineData("05 00")]
    [InlineData("05 00 05 00")]
    public async Task Dial_ProxyResetsAtAStage_IsTheProxysFault(string before)
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync(Socks5AddressTests.Bytes(before));
            connection.Reset();
        });
        Socks5Exception error = await Assert.ThrowsAsync<Socks5Exception>(() => Dialer(proxy).DialAsync(Destination).AsTask());
        Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
    }

    [Fact]
    public async Task Dial_GarbageForEver_IsRefusedAtTheFirstByte()
    {
        byte[] garbage = new byte[100_000];
        Array.Fill(garbage, (byte)'H');
        var connection = new MemoryStreamConnection(garbage);
        Assert.Equal(DialFailure.ProxyProtocol, (await FailAsync(new FixedEndpoint(connection))).Failure);
        Assert.InRange(connection.Consumed, 1, 16);
        Assert.True(connection.Aborted && connection.Disposed);
    }

    [Fact]
    public async Task Dial_SilentProxyCancelled_AbortsTheConnection()
    {
        foreach (string before in new[] { "", "05", "05 00", "05 00 05 00 00 01" })
        {
            var connection = new MemoryStreamConnection(Socks5AddressTests.Bytes(before), hang: true);
            using var source = new CancellationTokenSource();
            Task dial = new Socks5StreamDialer(new FixedEndpoint(connection)).DialAsync(Destination, source.Token).AsTask();
            Assert.False(dial.IsCompleted);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial.WaitAsync(StreamExtensions.Patience));
            Assert.True(connection.Aborted && connection.Disposed);
        }
    }

    [Fact]
    public async Task Dial_SilentRealProxyCancelled_IsSeenByTheProxy()
    {
        using var proxy = new ScriptedProxy(connection => connection.WaitForEndAsync());
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Dialer(proxy).DialAsync(Destination, source.Token).AsTask());
        await proxy.FirstScript.WaitAsync(StreamExtensions.Patience);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("secret")]
    public async Task Dial_ProxyThatTakesEachReadForOneMessage_IsAskedStepByStepFromThenOn(string? password)
    {
        // As microsocks does: what comes in the same read as the greeting is lost.
        using var proxy = new ScriptedProxy(async connection =>
        {
            byte[] greeting = await connection.ReadOnceAsync();
            await connection.WriteAsync(5, greeting[2]);
            if (password is not null)
            {
                byte[] credentials = await connection.ReadOnceAsync();
                if (credentials.Length > 0)
                {
                    await connection.WriteAsync(1, 0);
                }
            }

            if ((await connection.ReadOnceAsync()).Length == 10)
            {
                await connection.WriteAsync([.. Socks5AddressTests.Bytes("05 00 00 01 00 00 00 00 00 00"), .. "payload"u8]);
            }
        });
        Socks5StreamDialer dialer = Dialer(proxy, password is null ? null : new Socks5Credentials("user", password));
        for (int dial = 1; dial <= 3; dial++)
        {
            using IStreamConnection stream = await dialer.DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience);
            Assert.Equal("payload"u8.ToArray(), await stream.ReadToEndAsync());
            Assert.Equal(dial + 1, proxy.Accepted);
        }
    }

    [Fact]
    public async Task Dial_SlowDestination_SucceedsWhateverTheProxyIsTakenFor()
    {
        using var proxy = new ScriptedProxy(async connection =>
        {
            await connection.ReadOnceAsync();
            await connection.WriteAsync(5, 0);
            await Task.Delay(500);
            await connection.WriteAsync(Socks5AddressTests.Bytes("05 00 00 01 00 00 00 00 00 00"));
            await connection.WaitForEndAsync();
        });
        using IStreamConnection stream = await Dialer(proxy).DialAsync(Destination).AsTask().WaitAsync(StreamExtensions.Patience);
        Assert.InRange(proxy.Accepted, 1, 2);
    }

    [Fact]
    public async Task Dial_ThroughAnotherProxy_Chains()
    {
        using var echo = new EchoServer();
        using var outer = new Socks5Server();
        using var inner = new Socks5Server();
        var dialer = new Socks5StreamDialer(new StreamDialerEndpoint(Dialer(outer), inner.EndPoint.ToHostPort()));
        using IStreamConnection stream = await dialer.DialAsync(echo.EndPoint.ToHostPort());
        await stream.WriteAsync("x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await stream.ReadExactlyAsync(1));
        Assert.Equal((1, 1), (outer.Connects, inner.Connects));
    }

    [Fact]
    public async Task Dial_FiveHundredAtOnce_AllEcho()
    {
        using var echo = new EchoServer();
        using var server = new Socks5Server();
        IStreamDialer dialer = Dialer(server);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(async i =>
        {
            using IStreamConnection stream = await dialer.DialAsync(echo.EndPoint.ToHostPort());
            byte[] message = BitConverter.GetBytes(i);
            await stream.WriteAsync(message);
            await stream.CloseWriteAsync();
            Assert.Equal(message, await stream.ReadToEndAsync());
        })).WaitAsync(StreamExtensions.Patience);
        Assert.Equal(500, server.Connects);
    }

    [Fact]
    public async Task Server_DropsClients_BreaksTheStream()
    {
        using var echo = new EchoServer();
        using var server = new Socks5Server();
        using IStreamConnection stream = await Dialer(server).DialAsync(echo.EndPoint.ToHostPort());
        Task<int> read = stream.ReadAsync(new byte[1]).AsTask();
        server.DropClients();
        await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(StreamExtensions.Patience));
    }

    private static Socks5StreamDialer Dialer(ScriptedProxy proxy, Socks5Credentials? credentials = null) =>
        new(new StreamDialerEndpoint(new TcpStreamDialer(), proxy.EndPoint.ToHostPort()), credentials);

    private static Socks5StreamDialer Dialer(Socks5Server server, Socks5Credentials? credentials = null) =>
        new(new StreamDialerEndpoint(new TcpStreamDialer(), server.EndPoint.ToHostPort()), credentials);

    private static async Task<Socks5Exception> FailAsync(IStreamEndpoint proxy, Socks5Credentials? credentials = null) =>
        await Assert.ThrowsAsync<Socks5Exception>(() => new Socks5StreamDialer(proxy, credentials).DialAsync(Destination).AsTask());
}
