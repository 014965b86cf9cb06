using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using NetControl.Testing.Origin;

namespace NetControl.EndToEnd.Tests.Shadowsocks;

/// <summary>Applications in front of the device; behind it a server of the 2022 edition in another language, on another's cryptography.</summary>
/// <remarks>Debian has no implementation of this edition; <c>Node/shadowsocks2022.mjs</c> was written from its description.</remarks>
public sealed class Shadowsocks2022Tests
{
    private static readonly IPEndPoint s_server = new(IPAddress.Parse(World.SocksAddress), 8388);

    [Theory]
    [Trait("Category", "Smoke")]
    [InlineData("2022-blake3-aes-128-gcm", 1)]
    [InlineData("2022-blake3-aes-256-gcm", 1)]
    [InlineData("2022-blake3-chacha20-poly1305", 1)]
    [InlineData("2022-blake3-aes-128-gcm", 2)]
    [InlineData("2022-blake3-aes-256-gcm", 3)]
    public async Task Programs_ThroughEachMethod_GetPagesBytesAndNames(string method, int keys)
    {
        string password = Password(method, keys);
        await using World world = await StartAsync(method, password, password);
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
        Assert.Equal(World.Web4, world.Execute("dig", "+short", "+time=3", "+tries=2", $"@{World.Dns4}", "www.example.com", "A"));
        Assert.Equal(World.Web6, world.Execute("dig", "+short", "+time=3", "+tries=2", $"@{World.Dns6}", "www.example.com", "AAAA"));
        const long Bytes = 16 << 20;
        string wanted = Payload.Sha256(Bytes);
        Assert.Equal(wanted, await world.DownloadAsync(World.Web4, Bytes));
        Assert.Equal(wanted, await world.UploadAsync(World.Web4, Bytes));
    }

    [Fact]
    public async Task WrongKey_Client_IsReset()
    {
        await using World world = await StartAsync(
            "2022-blake3-aes-256-gcm", Password("2022-blake3-aes-256-gcm", 1), Password("2022-blake3-aes-256-gcm", 1));
        using Socket socket = world.Tcp();
        await socket.ConnectAsync(World.Echo4);
        await socket.SendAsync(new byte[100]);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        SocketException error = await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[10], SocketFlags.None, limit.Token).AsTask());
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    private static string Password(string method, int keys) => string.Join(':', Enumerable.Range(0, keys)
        .Select(_ => Convert.ToBase64String(RandomNumberGenerator.GetBytes(method.Contains("128", StringComparison.Ordinal) ? 16 : 32))));

    private static async Task<World> StartAsync(string method, string servers, string clients)
    {
        string node = ForeignTools.Install();
        World world = World.Create();
        try
        {
            world.StartServers();
            world.Run(world.Server, "node", Path.Combine(node, "shadowsocks2022.mjs"), method, servers, $"{s_server.Address}", "8388");
            await World.WaitForPortAsync(world.Server, s_server);
            await world.StartDaemonAsync(world.Configuration($"ss://{method}:{Uri.EscapeDataString(clients)}@{s_server}"));
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }
}
