using System.Net;
using System.Net.Sockets;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Disorder;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Disorder;

public sealed class DisorderStreamDialerTests
{
    private static readonly HostPort Destination = HostPort.Parse("server.example:443");

    [Theory]
    [InlineData(0, new[] { 1, 64, 64 })]
    [InlineData(1, new[] { 64, 1, 64 })]
    [InlineData(5, new[] { 64, 64, 64 })]
    public async Task Write_TheOneThatWasChosen_GoesOneHop(int write, int[] limits)
    {
        var socket = new HopLimitedConnection();
        var connection = (IPassingConnection)await new DisorderStreamDialer(new GivenDialer(socket), write).DialAsync(Destination);
        for (int i = 0; i < limits.Length; i++)
        {
            await connection.WriteAsync(ReadOnlyMemory<byte>.Empty);
            await connection.WriteAsync(new byte[] { (byte)i });
        }

        Assert.Equal(limits, socket.Limits);
        Assert.Equal(64, socket.HopLimit);
        Assert.Equal(write < limits.Length ? socket : null, connection.Beneath);
    }

    [Fact]
    public async Task Dial_NoSocketBeneath_SaysWhereItHasToStand()
    {
        var memory = new MemoryStreamConnection([]);
        DialException e = await Assert.ThrowsAsync<DialException>(
            () => new DisorderStreamDialer(new GivenDialer(memory), 0).DialAsync(Destination).AsTask());
        Assert.Contains("first hop", e.Message, StringComparison.Ordinal);
        Assert.True(memory.Disposed);
    }

    [Fact]
    public void Constructor_NegativeWrite_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DisorderStreamDialer(new GivenDialer(), -1));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task HopLimit_OfASocket_IsSetAndRead(string address)
    {
        using var listener = new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        listener.Listen();
        using IStreamConnection connection = await new TcpStreamDialer().DialAsync(((IPEndPoint)listener.LocalEndPoint!).ToHostPort());
        IHopLimited socket = Assert.IsAssignableFrom<IHopLimited>(connection);
        foreach (int limit in new[] { 1, 20 })
        {
            socket.HopLimit = limit;
            Assert.Equal(limit, socket.HopLimit);
        }

        Assert.Throws<IOException>(() => socket.HopLimit = 256);
        connection.Dispose();
        Assert.Throws<IOException>(() => socket.HopLimit);
    }

    [Fact]
    public async Task Write_OnARealSocket_Arrives()
    {
        using var proxy = new ScriptedProxy(static async connection => await connection.WriteAsync(await connection.ReadAsync(4)));
        using IStreamConnection connection = await new DisorderStreamDialer(new TcpStreamDialer(), 0).DialAsync(proxy.EndPoint.ToHostPort());
        await connection.WriteAsync("ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await connection.ReadToEndAsync());
    }
}
