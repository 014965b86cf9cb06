using System.Net;
using System.Net.Sockets;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>UDP through the device.</summary>
public sealed class DatagramTests
{
    [Theory]
    [InlineData("direct", false)]
    [InlineData("direct", true)]
    [InlineData("socks5", false)]
    [InlineData("socks5", true)]
    [InlineData("danted", false)]
    [InlineData("danted-password", false)]
    public async Task LargeDatagrams_BothWays_ArriveWhole(string egress, bool v6)
    {
        await using World world = await World.StartAsync(egress);
        IPEndPoint echo = v6 ? World.Echo6 : World.Echo4;
        using Socket socket = world.Udp(echo.AddressFamily);
        await socket.ConnectAsync(echo);
        foreach (int length in (int[])[1, 1400, 1500, 9000, 30_000, 60_000])
        {
            await EchoDatagramAsync(socket, length);
        }
    }

    [Fact]
    public async Task OneSocket_ManyDestinations_IsOneSession()
    {
        await using World world = await World.StartAsync();
        await using SessionLedger ledger = await world.FollowAsync();
        using Socket socket = world.Udp();
        byte[] buffer = new byte[100];
        for (int i = 1; i <= 50; i++)
        {
            // One of them answers; the others are addresses of the same world where nothing listens on that port.
            await socket.SendToAsync(new byte[10], new IPEndPoint(IPAddress.Parse($"198.18.1.{i}"), 9999));
        }

        socket.SetSocketOption(SocketOptionLevel.IP, (SocketOptionName)11, optionValue: false); // IP_RECVERR: keep refusals of others away.
        await SendUntilAnsweredAsync(socket, buffer);
        await ledger.WaitUntilAsync(l => l.Opened >= 1);
        Assert.Single(await world.Api.ListSessionsAsync());
        Assert.Equal(1, ledger.Read(l => l.Opened));
    }

    private static async Task SendUntilAnsweredAsync(Socket socket, byte[] buffer)
    {
        for (int attempt = 0; attempt < 5; attempt++)
        {
            await socket.SendToAsync(new byte[20], World.Echo4);
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2));
            try
            {
                SocketReceiveFromResult result = await socket.ReceiveFromAsync(buffer, SocketFlags.None, World.Echo4, limit.Token);
                Assert.Equal(World.Echo4, result.RemoteEndPoint);
                Assert.Equal(20, result.ReceivedBytes);
                return;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // A refusal of another destination, or a lost datagram.
            }
        }

        Assert.Fail("no echo came back");
    }

    private static async Task EchoDatagramAsync(Socket socket, int length)
    {
        byte[] sent = new byte[length];
        Random.Shared.NextBytes(sent);
        byte[] back = new byte[65_535];
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            await socket.SendAsync(sent);
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2));
            try
            {
                int read = await socket.ReceiveAsync(back, SocketFlags.None, limit.Token);
                Assert.Equal(length, read);
                Assert.Equal(sent, back[..read]);
                return;
            }
            catch (OperationCanceledException)
            {
                // UDP may lose one.
            }
        }

        Assert.Fail($"no datagram of {length} bytes came back");
    }
}
