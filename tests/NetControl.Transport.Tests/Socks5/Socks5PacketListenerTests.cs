using System.Net;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Socks5;

namespace NetControl.Transport.Tests.Socks5;

public sealed class Socks5PacketListenerTests
{
    private static readonly AddrPort Somewhere = AddrPort.Parse("192.0.2.9:9");

    private readonly PacketRecorder _recorder = new();
    private readonly MemoryPacketListener _datagrams = new();

    [Fact]
    public void Constructor_Null_IsRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new Socks5PacketListener(null!, _datagrams));
        Assert.Throws<ArgumentNullException>(() => new Socks5PacketListener(new FixedEndpoint(null), null!));
    }

    [Theory]
    [InlineData("127.0.0.1", false, false)]
    [InlineData("127.0.0.1", true, false)]
    [InlineData("127.0.0.1", false, true)]
    [InlineData("::1", true, true)]
    public async Task Associate_RealServer_PingPongsWithTheEchoServersAddress(string address, bool authenticated, bool unspecified)
    {
        using var echo = new EchoServer(IPAddress.Parse(address));
        using var server = new Socks5Server(new Socks5ServerOptions
        {
            Listen = new IPEndPoint(IPAddress.Parse(address), 0),
            Username = authenticated ? "user" : null,
            Password = authenticated ? "secret" : null,
            AnnounceUnspecified = unspecified,
        });
        using IPacketConnection connection = await Listener(server, authenticated ? new Socks5Credentials("user", "secret") : null).ListenAsync();
        connection.Receive(_recorder);
        connection.Send("ping"u8, AddrPort.From(echo.EndPoint));
        (byte[] payload, AddrPort source) = await _recorder.NextAsync();
        Assert.Equal("ping"u8.ToArray(), payload);
        Assert.Equal(AddrPort.From(echo.EndPoint), source);
        Assert.Equal((1, 1, 1), (server.Associations, server.DatagramsUp, server.DatagramsDown));
    }

    [Fact]
    public async Task Associate_LargestDatagram_ArrivesWholeAndOneMoreByteIsTooLarge()
    {
        using var echo = new EchoServer();
        using var server = new Socks5Server();
        using IPacketConnection connection = await Listener(server).ListenAsync();
        connection.Receive(_recorder);
        byte[] payload = new byte[65_507 - 10];
        Random.Shared.NextBytes(payload);
        connection.Send(payload, AddrPort.From(echo.EndPoint));
        Assert.Equal(payload, (await _recorder.NextAsync()).Payload);
        NetworkException error = Assert.Throws<NetworkException>(() => connection.Send(new byte[65_507 - 9], AddrPort.From(echo.EndPoint)));
        Assert.Equal(NetworkError.MessageTooLarge, error.Error);
        Assert.Throws<NetworkException>(() => connection.Send(new byte[65_507 - 21], AddrPort.Parse("[::1]:1")));
    }

    [Fact]
    public async Task Associate_Request_IsExact()
    {
        var control = new MemoryStreamConnection(Answer("01 0a 00 00 01 13 88"), hang: true);
        using IPacketConnection connection = await ListenAsync(control);
        Assert.Equal(Socks5AddressTests.Bytes("05 01 00 05 03 00 01 00 00 00 00 00 00"), Assert.Single(control.Writes));
    }

    [Theory]
    [InlineData("01 0a 00 00 01 13 88", "10.0.0.1:5000")]
    [InlineData("01 00 00 00 00 13 88", "192.0.2.2:5000")]
    [InlineData("04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 13 88", "192.0.2.2:5000")]
    [InlineData("04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 13 88", "[2001:db8::1]:5000")]
    [InlineData("03 08 31 30 2e 30 2e 30 2e 31 13 88", "10.0.0.1:5000")]
    public async Task Send_Relay_IsWhatTheProxyNamedOrItsOwnAddress(string bound, string relay)
    {
        using IPacketConnection connection = await ListenAsync(new MemoryStreamConnection(Answer(bound), hang: true));
        Assert.True(connection.Send([1, 2], AddrPort.Parse("8.8.8.8:53")));
        (byte[] datagram, AddrPort destination) = Assert.Single(_datagrams.Last.Sent);
        Assert.Equal(AddrPort.Parse(relay), destination);
        Assert.Equal(Socks5AddressTests.Bytes("00 00 00 01 08 08 08 08 00 35 01 02"), datagram);
    }

    [Fact]
    public async Task Listen_ForAServerByName_SendsTheName_AndHearsItWhateverItCallsItself()
    {
        var control = new MemoryStreamConnection(Answer("01 0a 00 00 01 13 88"), hang: true);
        Socks5PacketListener listener = new(new FixedEndpoint(control), _datagrams);
        using IPacketConnection connection = await listener.ListenAsync(new HostPort("ns.a", 53), TestContext.Current.CancellationToken);
        connection.Receive(_recorder);
        AddrPort mark = AddrPort.Parse("0.0.0.0:53");
        AddrPort relay = AddrPort.Parse("10.0.0.1:5000");
        IPacketHandler handler = _datagrams.Last.Handler!;
        handler.OnPacket(Socks5AddressTests.Bytes("00 00 00 01 c0 00 02 01 00 35 01"), relay); // nothing was asked yet
        connection.Send([1, 2], mark);
        (byte[] datagram, AddrPort destination) = Assert.Single(_datagrams.Last.Sent);
        Assert.Equal(Socks5AddressTests.Bytes("00 00 00 03 04 6e 73 2e 61 00 35 01 02"), datagram);
        Assert.Equal(relay, destination);
        handler.OnPacket(Socks5AddressTests.Bytes("00 00 00 01 c0 00 02 01 00 35 07"), relay);
        handler.OnPacket(Socks5AddressTests.Bytes("00 00 00 03 04 6e 73 2e 61 00 35 08"), relay);
        handler.OnPacket(Socks5AddressTests.Bytes("00 00 00 03 09 6e 73 2e 61 00 35 09"), relay); // cut
        handler.OnPacket(Socks5AddressTests.Bytes("00 00 00 01 c0 00 02 01 00 35 0a"), AddrPort.Parse("10.0.0.9:5000"));
        foreach (byte expected in (byte[])[7, 8])
        {
            (byte[] payload, AddrPort source) = await _recorder.NextAsync();
            Assert.Equal((expected, mark), (Assert.Single(payload), source));
        }

        Assert.Equal(2, _recorder.Packets);
    }

    [Theory]
    [InlineData("01 0a 00 00 01 00 00")]
    [InlineData("03 01 61 13 88")]
    [InlineData("03 00 13 88")]
    public async Task Listen_RelayOfNoUse_IsTheProxysFaultAndLeavesNothingOpen(string bound)
    {
        var control = new MemoryStreamConnection(Answer(bound), hang: true);
        Socks5Exception error = await Assert.ThrowsAsync<Socks5Exception>(() => ListenAsync(control));
        Assert.Equal(DialFailure.ProxyProtocol, error.Failure);
        Assert.True(control.Aborted && control.Disposed);
        Assert.Empty(_datagrams.Opened);
    }

    [Fact]
    public async Task Listen_RelayUnspecifiedAndProxyUnknown_IsAnError()
    {
        var control = new MemoryStreamConnection(Answer("01 00 00 00 00 13 88"), hang: true) { RemoteAddress = default };
        Assert.Equal(DialFailure.ProxyProtocol, (await Assert.ThrowsAsync<Socks5Exception>(() => ListenAsync(control))).Failure);
    }

    [Fact]
    public async Task Listen_NoDatagramSocket_AbortsTheControlConnection()
    {
        var control = new MemoryStreamConnection(Answer("01 0a 00 00 01 13 88"), hang: true);
        _datagrams.Error = new DialException(DialFailure.LocalLimit, "none left");
        Assert.Same(_datagrams.Error, await Assert.ThrowsAsync<DialException>(() => ListenAsync(control)));
        Assert.True(control.Aborted && control.Disposed);
    }

    [Fact]
    public async Task Listen_ServerWithoutUdp_SaysSo()
    {
        using var server = new Socks5Server(new Socks5ServerOptions { Udp = false });
        Socks5Exception error = await Assert.ThrowsAsync<Socks5Exception>(() => Listener(server).ListenAsync().AsTask());
        Assert.Equal(Socks5ReplyCode.CommandNotSupported, error.ReplyCode);
    }

    [Fact]
    public async Task OnPacket_NotFromTheRelayOrMalformed_IsDropped()
    {
        using IPacketConnection connection = await ListenAsync(new MemoryStreamConnection(Answer("01 0a 00 00 01 13 88"), hang: true));
        connection.Receive(_recorder);
        AddrPort relay = AddrPort.Parse("10.0.0.1:5000");
        byte[] good = Socks5AddressTests.Bytes("00 00 00 01 08 08 08 08 00 35 07");
        IPacketHandler handler = _datagrams.Last.Handler!;
        handler.OnPacket(good, AddrPort.Parse("10.0.0.1:5001"));
        handler.OnPacket(good, AddrPort.Parse("10.0.0.2:5000"));
        handler.OnPacket(Socks5AddressTests.Bytes("00 00 01 01 08 08 08 08 00 35 07"), relay);
        handler.OnPacket([], relay);
        handler.OnUnreachable(relay, UnreachableReason.Port);
        Assert.Equal(0, _recorder.Packets);
        handler.OnPacket(good, relay);
        (byte[] payload, AddrPort source) = await _recorder.NextAsync();
        Assert.Equal([7], payload);
        Assert.Equal(AddrPort.Parse("8.8.8.8:53"), source);
    }

    [Fact]
    public async Task Control_Ends_ClosesTheSocketPromptlyWithAnError()
    {
        using var server = new Socks5Server();
        using IPacketConnection connection = await Listener(server).ListenAsync();
        connection.Receive(_recorder);
        server.DropClients();
        var error = Assert.IsType<Socks5Exception>(await _recorder.Closed);
        Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
        Assert.Equal(1, _recorder.Closes);
        Assert.Equal(NetworkError.Closed, Assert.Throws<NetworkException>(() => connection.Send("x"u8, Somewhere)).Error);
    }

    [Fact]
    public async Task Control_EndsBeforeReceive_IsHeardAtReceive()
    {
        using IPacketConnection connection = await ListenAsync(new MemoryStreamConnection(Answer("01 0a 00 00 01 13 88")));
        connection.Receive(_recorder);
        Assert.IsType<Socks5Exception>(await _recorder.Closed);
        Assert.Equal(1, _recorder.Closes);
    }

    [Fact]
    public async Task Control_Chatters_IsIgnored()
    {
        using IPacketConnection connection = await ListenAsync(new MemoryStreamConnection([.. Answer("01 0a 00 00 01 13 88"), .. new byte[1000]], hang: true));
        connection.Receive(_recorder);
        Assert.True(connection.Send([1], Somewhere));
        Assert.Equal(0, _recorder.Closes);
    }

    [Fact]
    public async Task DatagramSocket_Breaks_EndsTheControlConnection()
    {
        var control = new MemoryStreamConnection(Answer("01 0a 00 00 01 13 88"), hang: true);
        using IPacketConnection connection = await ListenAsync(control);
        connection.Receive(_recorder);
        var error = new IOException("no descriptor");
        _datagrams.Last.Handler!.OnClosed(error);
        Assert.Same(error, await _recorder.Closed);
        Assert.True(control.Disposed);
    }

    [Fact]
    public async Task Dispose_Open_ClosesTheControlConnectionAndEndsOnceWithoutAnError()
    {
        using var server = new Socks5Server();
        IPacketConnection connection = await Listener(server).ListenAsync();
        connection.Receive(_recorder);
        Assert.Equal(1, server.Live);
        connection.Dispose();
        connection.Dispose();
        Assert.Null(await _recorder.Closed);
        Assert.Equal(1, _recorder.Closes);
        using var patience = new CancellationTokenSource(StreamExtensions.Patience);
        while (server.Live > 0)
        {
            await Task.Delay(1, patience.Token);
        }
    }

    [Fact]
    public async Task Proxy_OverAssociation_QueuesWhileItOpensAndEchoes()
    {
        using var echo = new EchoServer();
        using var server = new Socks5Server();
        var receiver = new PacketReceiver();
        IPacketRequestSender sender = new PacketListenerProxy(Listener(server)).NewSession(receiver);
        sender.WriteTo("early"u8, AddrPort.From(echo.EndPoint));
        Assert.Equal("early"u8.ToArray(), await receiver.Received.Task.WaitAsync(StreamExtensions.Patience));
        server.Dispose();
        await receiver.Closed.Task.WaitAsync(StreamExtensions.Patience);
        Assert.Equal(PacketSessionEnd.UpstreamFailed, Assert.IsAssignableFrom<IPacketSessionOutcome>(sender).End);
    }

    [Fact]
    public async Task Datagrams_BothWays_AllocateNothing()
    {
        using IPacketConnection connection = await ListenAsync(new MemoryStreamConnection(Answer("01 0a 00 00 01 13 88"), hang: true));
        _recorder.Record = false;
        _datagrams.Last.Record = false;
        connection.Receive(_recorder);
        Exchange(connection, 1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(connection, 1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Send_FromInsideSend_KeepsBothDatagramsWhole()
    {
        using IPacketConnection connection = await ListenAsync(new MemoryStreamConnection(Answer("01 0a 00 00 01 13 88"), hang: true));
        connection.Receive(_recorder);
        _datagrams.Last.BeforeSend = () =>
        {
            _datagrams.Last.BeforeSend = null;
            connection.Send([2, 2], Somewhere);
        };
        connection.Send([1, 1, 1], Somewhere);
        Assert.Equal([2, 1], _datagrams.Last.Sent.Select(sent => (int)sent.Payload[^1]));
        Assert.Equal([12, 13], _datagrams.Last.Sent.Select(sent => sent.Payload.Length));
    }

    private static byte[] Answer(string bound) => [5, 0, 5, 0, 0, .. Socks5AddressTests.Bytes(bound)];

    private static Socks5PacketListener Listener(Socks5Server server, Socks5Credentials? credentials = null) =>
        new(new StreamDialerEndpoint(new TcpStreamDialer(), server.EndPoint.ToHostPort()), new UdpPacketListener(), credentials);

    private async Task<IPacketConnection> ListenAsync(MemoryStreamConnection control) =>
        await new Socks5PacketListener(new FixedEndpoint(control), _datagrams).ListenAsync();

    private void Exchange(IPacketConnection connection, int times)
    {
        ReadOnlySpan<byte> reply = [0, 0, 0, 1, 8, 8, 8, 8, 0, 53, 7];
        AddrPort relay = new(IpAddr.FromV4(0x0A000001), 5000);
        for (int i = 0; i < times; i++)
        {
            connection.Send("ping"u8, Somewhere);
            _datagrams.Last.Handler!.OnPacket(reply, relay);
        }
    }
}
