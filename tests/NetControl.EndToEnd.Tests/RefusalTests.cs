using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests;

/// <summary>What cannot be reached is said so to the application, at once and truthfully.</summary>
public sealed class RefusalTests
{
    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(3);

    [Theory]
    [Trait("Category", "Smoke")]
    [InlineData("direct", World.Web4)]
    [InlineData("direct", World.Web6)]
    [InlineData("danted", World.Web4)]
    [InlineData("socks5", World.Web4)]
    public async Task ClosedPort_Connect_IsRefusedAtOnce(string egress, string host)
    {
        await using World world = await World.StartAsync(egress);
        Assert.Equal(SocketError.ConnectionRefused, await ConnectAsync(world, host, 81));
    }

    [Theory]
    [InlineData("direct", World.Unreachable4)]
    [InlineData("direct", World.Unreachable6)]
    [InlineData("direct", World.NoWay4)]
    [InlineData("direct", World.NoWay6)]
    [InlineData("danted", World.Unreachable4)]
    [InlineData("socks5", World.Unreachable4)]
    public async Task NoRoute_Connect_IsUnreachableAtOnce(string egress, string host)
    {
        await using World world = await World.StartAsync(egress);
        SocketError error = await ConnectAsync(world, host, 80);
        Assert.True(error is SocketError.HostUnreachable or SocketError.NetworkUnreachable, error.ToString());
    }

    [Theory]
    [Trait("Category", "Smoke")]
    [InlineData(World.Web4)]
    [InlineData(World.Web6)]
    public async Task ClosedUdpPort_Send_IsRefusedToTheSocket(string host)
    {
        await using World world = await World.StartAsync();
        IPAddress address = IPAddress.Parse(host);
        using Socket socket = world.Udp(address.AddressFamily);
        await socket.ConnectAsync(new IPEndPoint(address, 9));
        await socket.SendAsync(new byte[10]);
        using CancellationTokenSource limit = new(s_atOnce);
        SocketException refused = await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[10], SocketFlags.None, limit.Token).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task NothingAttached_ConnectAndSend_AreRejected()
    {
        await using World world = await World.StartAsync();
        await world.Api.Devices.DetachStreamDialerAsync(new Protocol.V1.DetachStreamDialerRequest { Name = World.Device });
        await world.Api.Devices.DetachPacketProxyAsync(new Protocol.V1.DetachPacketProxyRequest { Name = World.Device });
        Assert.NotEqual(SocketError.Success, await ConnectAsync(world, World.Web4, 80));
        using Socket socket = world.Udp();
        await socket.ConnectAsync(World.Echo4);
        await socket.SendAsync(new byte[10]);
        using CancellationTokenSource limit = new(s_atOnce);
        await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[10], SocketFlags.None, limit.Token).AsTask());
    }

    [Fact]
    public async Task WrongPassword_Connect_IsRefusedAndTheProbeSaysWhy()
    {
        await using World world = await World.StartAsync("danted-password");
        string wrong = $"socks5://{World.User}:wrong@{World.SocksAddress}:1080";
        Protocol.V1.ProbeProxyResponse probe = await world.Api.Diagnostics.ProbeProxyAsync(
            new Protocol.V1.ProbeProxyRequest { Config = wrong, TcpTargets = { $"{World.Web4}:80" } });
        Assert.Contains("refused the user name or password", Assert.Single(probe.Results).Error.Message, StringComparison.Ordinal);
        await world.Api.Proxies.UpdateProxyAsync(new Protocol.V1.UpdateProxyRequest
        {
            Proxy = new Protocol.V1.Proxy { Name = "proxies/a", Config = wrong },
            UpdateMask = new Google.Protobuf.WellKnownTypes.FieldMask { Paths = { "config" } },
        });
        Assert.Equal(SocketError.ConnectionRefused, await ConnectAsync(world, World.Web4, 80));
    }

    [Fact]
    public async Task Ping_ToTheWorld_IsAnswered()
    {
        await using World world = await World.StartAsync();
        world.Execute("ping", "-c", "1", "-W", "5", World.Web4);
        world.Execute("ping", "-6", "-c", "1", "-W", "5", World.Web6);
    }

    private static async Task<SocketError> ConnectAsync(World world, string host, int port)
    {
        IPAddress address = IPAddress.Parse(host);
        using Socket socket = world.Tcp(address.AddressFamily);
        long start = Stopwatch.GetTimestamp();
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port));
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            Assert.True(took < s_atOnce, $"{e.SocketErrorCode} came after {took}");
            return e.SocketErrorCode;
        }
    }
}
