using System.Globalization;
using NetControl.Testing.Origin;

namespace NetControl.EndToEnd.Tests;

/// <summary>Every byte arrives, in order, once.</summary>
public sealed class TransferTests
{
    private const int Parallel = 200;

    /// <summary>256 MiB; <c>NETCONTROL_E2E_BYTES</c> makes it more, such as 1073741824.</summary>
    private static readonly long s_bytes = long.Parse(Environment.GetEnvironmentVariable("NETCONTROL_E2E_BYTES") ?? "268435456", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("direct", World.Web4)]
    [InlineData("direct", World.Web6)]
    [InlineData("danted", World.Web4)]
    public async Task OneConnection_ManyBytesEachWay_ArriveWithTheRightHash(string egress, string host)
    {
        await using World world = await World.StartAsync(egress);
        string wanted = Payload.Sha256(s_bytes);
        Assert.Equal(wanted, await world.DownloadAsync(host, s_bytes));
        Assert.Equal(wanted, await world.UploadAsync(host, s_bytes));
    }

    [Theory]
    [InlineData("direct", World.Web4)]
    [InlineData("direct", World.Web6)]
    [InlineData("danted", World.Web4)]
    [InlineData("microsocks", World.Web4)]
    public async Task TwoHundredConnections_InParallelEachWay_ArriveWithTheRightHash(string egress, string host)
    {
        await using World world = await World.StartAsync(egress);
        long each = (s_bytes / Parallel) + 1;
        string wanted = Payload.Sha256(each);
        string[] down = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => Task.Run(() => world.DownloadAsync(host, each))));
        Assert.All(down, hash => Assert.Equal(wanted, hash));
        string[] up = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => Task.Run(() => world.UploadAsync(host, each))));
        Assert.All(up, hash => Assert.Equal(wanted, hash));
    }

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task BothWaysAtOnce_OnManyConnections_ArriveWithTheRightHash()
    {
        await using World world = await World.StartAsync("socks5");
        const long Each = 4 << 20;
        string wanted = Payload.Sha256(Each);
        string[] all = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => i % 2 == 0
            ? world.DownloadAsync(World.Web4, Each)
            : world.UploadAsync(World.Web6, Each))));
        Assert.All(all, hash => Assert.Equal(wanted, hash));
    }
}
