using System.Net;
using System.Net.Sockets;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests.Shadowsocks;

/// <summary>Applications in front of the device, Debian's shadowsocks-libev behind it.</summary>
public sealed class ShadowsocksTests
{
    private static readonly IPEndPoint s_server = new(IPAddress.Parse(World.SocksAddress), 8388);

    [Theory]
    [Trait("Category", "Smoke")]
    [InlineData("aes-128-gcm")]
    [InlineData("aes-192-gcm")]
    [InlineData("aes-256-gcm")]
    [InlineData("chacha20-ietf-poly1305")]
    public async Task Programs_ThroughEachCipher_GetPagesBytesAndNames(string cipher)
    {
        await using World world = await StartAsync(cipher, "se|cret", $"ss://{cipher}:se%7Ccret@{s_server}");
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
        Assert.Equal(World.Web4, world.Execute("dig", "+short", "+time=3", "+tries=2", $"@{World.Dns4}", "www.example.com", "A"));
        Assert.Equal(World.Web6, world.Execute("dig", "+short", "+time=3", "+tries=2", $"@{World.Dns6}", "www.example.com", "AAAA"));
        const long Bytes = 64 << 20;
        string wanted = Payload.Sha256(Bytes);
        Assert.Equal(wanted, await world.DownloadAsync(World.Web4, Bytes));
        Assert.Equal(wanted, await world.UploadAsync(World.Web4, Bytes));
    }

    [Theory]
    [InlineData("aes-256-gcm")]
    [InlineData("chacha20-ietf-poly1305")]
    public async Task ManyConnections_EachWay_ArriveWithTheRightHash(string cipher)
    {
        await using World world = await StartAsync(cipher, "secret", $"ss://{cipher}:secret@{s_server}?prefix=HTTP%2F1.1+");
        const long Each = 2 << 20;
        string wanted = Payload.Sha256(Each);
        string[] all = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() => i % 2 == 0
            ? world.DownloadAsync(World.Web4, Each)
            : world.UploadAsync(World.Web4, Each))));
        Assert.All(all, hash => Assert.Equal(wanted, hash));
    }

    [Fact]
    public async Task NoServer_Connect_IsRefusedAtOnce()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration($"ss://aes-256-gcm:secret@{s_server}"));
        using Socket socket = world.Tcp();
        SocketException error = await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(IPAddress.Parse(World.Web4), 80));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        await ExpectNoSessionsAsync(world);
    }

    [Theory]
    [InlineData("aes-256-gcm", "other")]
    [InlineData("chacha20-ietf-poly1305", "secret")]
    public async Task WrongKeyOrMethod_Client_HearsNothing_AndNothingStays(string cipher, string password)
    {
        await using World world = await StartAsync("aes-256-gcm", "secret", $"ss://{cipher}:{password}@{s_server}");
        using Socket socket = world.Tcp();
        await socket.ConnectAsync(World.Echo4);
        await socket.SendAsync(new byte[100]);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => socket.ReceiveAsync(new byte[10], SocketFlags.None, limit.Token).AsTask());
        socket.Dispose();
        await ExpectNoSessionsAsync(world);
        Assert.DoesNotContain(password, world.DaemonErrors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerThatSendsRubbish_Client_IsReset()
    {
        await using World world = World.Create();
        world.StartServers();
        using ScriptedProxy rubbish = world.Server.Run(() => new ScriptedProxy(
            async connection =>
            {
                await connection.ReadOnceAsync();
                await connection.WriteAsync(new byte[1000]);
                await connection.WaitForEndAsync();
            },
            s_server));
        await world.StartDaemonAsync(world.Configuration($"ss://aes-256-gcm:secret@{s_server}"));
        using Socket socket = world.Tcp();
        await socket.ConnectAsync(World.Echo4);
        await socket.SendAsync(new byte[100]);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        SocketException error = await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[10], SocketFlags.None, limit.Token).AsTask());
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await rubbish.FirstScript.WaitAsync(limit.Token);
        await ExpectNoSessionsAsync(world);
    }

    private static async Task<World> StartAsync(string cipher, string password, string config)
    {
        World world = World.Create();
        try
        {
            world.StartServers();
            world.Run(world.Server, "ss-server", ForeignServer.Arguments(s_server, cipher, password));
            await World.WaitForPortAsync(world.Server, s_server);
            await world.StartDaemonAsync(world.Configuration(config));
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    private static async Task ExpectNoSessionsAsync(World world)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(15));
        while ((await world.Api.ListSessionsAsync()).Count > 0)
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
