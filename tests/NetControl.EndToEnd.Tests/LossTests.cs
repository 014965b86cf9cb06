using System.Globalization;
using NetControl.Testing.Origin;

namespace NetControl.EndToEnd.Tests;

/// <summary>A path that loses packets both ways: transfers end, and every byte is right. How fast: <c>loss.sh</c> beside the benchmarks.</summary>
/// <remarks>
/// The client's own kernel drops, on the device. What it drops on the way out its TCP notices at once; on the way in it is a loss like any other.
/// </remarks>
public sealed class LossTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Theory]
    [InlineData(1, World.Web4, 16 << 20)]
    [InlineData(5, World.Web4, 4 << 20)]
    [InlineData(20, World.Web4, 1 << 20)]
    [InlineData(5, World.Web6, 4 << 20)]
    public async Task PacketsLostEachWay_TransfersBothWays_ArriveWithTheRightHash(int percent, string host, long bytes)
    {
        Tools.Require("nft");
        await using World world = await World.StartAsync();
        Lose(world, percent);
        string wanted = Payload.Sha256(bytes);
        string[] hashes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => i % 2 == 0
            ? world.DownloadAsync(host, bytes)
            : world.UploadAsync(host, bytes)))).WaitAsync(Limit);
        Assert.All(hashes, hash => Assert.Equal(wanted, hash));
        Assert.True(Dropped(world) > 0, "nothing was dropped");
    }

    private static void Lose(World world, int percent)
    {
        string file = Path.Combine(world.Folder, "loss.nft");
        string limit = percent.ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(file, $$"""
            table inet loss {
              chain in { type filter hook input priority 0; iifname "tun0" meta l4proto tcp numgen random mod 100 < {{limit}} counter drop; }
              chain out { type filter hook output priority 0; oifname "tun0" meta l4proto tcp numgen random mod 100 < {{limit}} counter drop; }
            }

            """);
        world.Execute("nft", "-f", file);
    }

    private static long Dropped(World world)
    {
        string[] words = world.Execute("nft", "list", "table", "inet", "loss").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return words.Index().Where(w => w.Item == "packets").Sum(w => long.Parse(words[w.Index + 1], CultureInfo.InvariantCulture));
    }
}
