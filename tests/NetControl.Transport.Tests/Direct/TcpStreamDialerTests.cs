using System.Net;
using System.Net.Sockets;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;

namespace NetControl.Transport.Tests.Direct;

public sealed class TcpStreamDialerTests
{
    private readonly TcpStreamDialer _dialer = new();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Dial_Echo_CarriesBytesAndHalfClosesBothWays(string address)
    {
        using var server = new EchoServer(IPAddress.Parse(address));
        using IStreamConnection connection = await _dialer.DialAsync(server.EndPoint.ToHostPort());
        Assert.Equal(AddrPort.From(server.EndPoint), connection.RemoteAddress);
        Assert.NotEqual(0, connection.LocalAddress.Port);
        byte[] request = new byte[300_000];
        Random.Shared.NextBytes(request);
        Task<byte[]> reply = connection.ReadToEndAsync();
        await connection.WriteAsync(request);
        await connection.CloseWriteAsync();
        Assert.Equal(request, await reply);
    }

    [Fact]
    public async Task Dial_Name_ResolvesIt()
    {
        using var server = new EchoServer();
        using IStreamConnection connection = await _dialer.DialAsync(new HostPort("localhost", (ushort)server.EndPoint.Port));
        await connection.WriteAsync("x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await connection.ReadExactlyAsync(1));
    }

    [Fact]
    public async Task Dial_NobodyListens_IsRefused() =>
        Assert.Equal(DialFailure.Refused, (await FailAsync(new AddrPort(IpAddr.Parse("127.0.0.1"), ClosedPort()))).Failure);

    [Fact]
    public async Task Dial_UnknownName_IsNotResolved() =>
        Assert.Equal(DialFailure.NameNotResolved, (await FailAsync(new HostPort("no-such-host.invalid", 1))).Failure);

    [Fact]
    public async Task Dial_NoRoute_IsUnreachable()
    {
        // Linux refuses to connect TCP to a multicast address with ENETUNREACH, wherever the routes of the test's host lead.
        Assert.Equal(DialFailure.NetworkUnreachable, (await FailAsync(AddrPort.Parse("224.0.0.1:1"))).Failure);
    }

    [Fact]
    public async Task Dial_Cancelled_SaysSo()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _dialer.DialAsync(AddrPort.Parse("127.0.0.1:1"), source.Token).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _dialer.DialAsync(new HostPort("localhost", 1), source.Token).AsTask());
    }

    [Fact]
    public async Task Dial_BacklogFull_TimesOutOrIsCancelled()
    {
        using var full = new FullBacklog();
        var impatient = new TcpStreamDialer(new DirectSocketOptions { ConnectTimeout = TimeSpan.FromMilliseconds(50) });
        DialException error = await Assert.ThrowsAsync<DialException>(() => impatient.DialAsync(full.EndPoint.ToHostPort()).AsTask());
        Assert.Equal(DialFailure.TimedOut, error.Failure);
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _dialer.DialAsync(full.EndPoint.ToHostPort(), source.Token).AsTask());
    }

    [Fact]
    public async Task Dial_UnknownInterface_Fails() =>
        Assert.IsType<SocketException>((await FailAsync(AddrPort.Parse("127.0.0.1:1"), new DirectSocketOptions { Interface = "nosuchif0" })).InnerException);

    [Fact]
    public async Task Dial_MarkOrInterface_AreSetWhereAllowed()
    {
        using var server = new EchoServer();
        var options = new DirectSocketOptions { Mark = 0x4E43, Interface = "lo" };
        try
        {
            using IStreamConnection connection = await new TcpStreamDialer(options).DialAsync(server.EndPoint.ToHostPort());
            await connection.WriteAsync("x"u8.ToArray());
            Assert.Equal("x"u8.ToArray(), await connection.ReadExactlyAsync(1));
        }
        catch (DialException e) when (e.Failure is DialFailure.NotAllowed or DialFailure.Other)
        {
            // SO_MARK needs CAP_NET_ADMIN; without it the dialer has to say so rather than send unmarked.
            Assert.IsType<SocketException>(e.InnerException);
        }
    }

    [Fact]
    public async Task Abort_Connected_ResetsTheFarSide()
    {
        SocketError seen = SocketError.Success;
        using var server = new ScriptedProxy(async connection =>
        {
            SocketException error = await Assert.ThrowsAsync<SocketException>(connection.ReadOnceAsync);
            seen = error.SocketErrorCode;
        });
        IStreamConnection client = await _dialer.DialAsync(server.EndPoint.ToHostPort());
        client.Abort();
        await server.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.Equal(SocketError.ConnectionReset, seen);
        await Assert.ThrowsAsync<IOException>(() => client.WriteAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task Dispose_ReadPending_FailsIt()
    {
        using var server = new EchoServer();
        IStreamConnection connection = await _dialer.DialAsync(server.EndPoint.ToHostPort());
        Task<int> read = connection.ReadAsync(new byte[1]).AsTask();
        connection.Dispose();
        await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(StreamExtensions.Patience));
        connection.CloseRead();
        connection.Abort();
        connection.Dispose();
        await Assert.ThrowsAsync<IOException>(() => connection.CloseWriteAsync().AsTask());
    }

    [Fact]
    public async Task WriteOfNothing_FarSideReset_IsAnIOException_ThoughMuchIsUnread()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using IStreamConnection connection = await _dialer.DialAsync(((IPEndPoint)listener.LocalEndpoint).ToHostPort());
        using Socket far = await listener.AcceptSocketAsync();
        await connection.WriteAsync(ReadOnlyMemory<byte>.Empty);
        far.Send(new byte[1000]);
        far.LingerState = new LingerOption(true, 0);
        far.Dispose();
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                await connection.WriteAsync(ReadOnlyMemory<byte>.Empty, patience.Token);
            }
        });
    }

    [Fact]
    public async Task Read_WithoutABuffer_WaitsForBytes_AndTakesNone()
    {
        TaskCompletionSource asked = new();
        using var server = new ScriptedProxy(async connection =>
        {
            await asked.Task;
            await connection.WriteAsync("abc"u8.ToArray());
        });
        using IStreamConnection connection = await _dialer.DialAsync(server.EndPoint.ToHostPort());
        Task<int> wait = connection.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(wait.IsCompleted);
        asked.SetResult();
        Assert.Equal(0, await wait.WaitAsync(StreamExtensions.Patience));
        Assert.Equal("abc"u8.ToArray(), await connection.ReadExactlyAsync(3));
    }

    [Fact]
    public async Task Read_FarSideResets_IsAnIOException()
    {
        using var server = new ScriptedProxy(async connection =>
        {
            await connection.ReadAsync(1);
            connection.Reset();
        });
        using IStreamConnection connection = await _dialer.DialAsync(server.EndPoint.ToHostPort());
        await connection.WriteAsync(new byte[1]);
        await Assert.ThrowsAsync<IOException>(() => connection.ReadAsync(new byte[1]).AsTask().WaitAsync(StreamExtensions.Patience));
    }

    [Fact]
    public async Task CloseRead_Open_EndsReadingAndKeepsWriting()
    {
        byte[]? heard = null;
        using var server = new ScriptedProxy(async connection => heard = await connection.ReadAsync(3));
        using IStreamConnection connection = await _dialer.DialAsync(server.EndPoint.ToHostPort());
        connection.CloseRead();
        Assert.Equal(0, await connection.ReadAsync(new byte[1]).AsTask().WaitAsync(StreamExtensions.Patience));
        await connection.WriteAsync("abc"u8.ToArray());
        await server.FirstScript.WaitAsync(StreamExtensions.Patience);
        Assert.Equal("abc"u8.ToArray(), heard);
    }

    private static ushort ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (ushort)((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task<DialException> FailAsync(HostPort destination, DirectSocketOptions? options = null) =>
        await Assert.ThrowsAnyAsync<DialException>(() => new TcpStreamDialer(options).DialAsync(destination).AsTask());

    /// <summary>A listener that never accepts and whose queue is full, so that a further SYN is not answered.</summary>
    private sealed class FullBacklog : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _waiting = [];

        public FullBacklog()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(1);
            for (int i = 0; i < 8; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _waiting.Add(socket);
                try
                {
                    socket.Connect(EndPoint);
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                }
            }
        }

        public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

        public void Dispose()
        {
            _listener.Dispose();
            _waiting.ForEach(socket => socket.Dispose());
        }
    }
}
