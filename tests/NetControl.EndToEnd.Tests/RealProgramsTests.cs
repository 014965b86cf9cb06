using System.Net;
using System.Text.Json;

namespace NetControl.EndToEnd.Tests;

/// <summary>Real programs in front of the device, real proxies behind it.</summary>
public sealed class RealProgramsTests
{
    [Theory]
    [Trait("Category", "Smoke")]
    [InlineData("direct")]
    [InlineData("danted")]
    [InlineData("danted-password")]
    [InlineData("microsocks")]
    public async Task Curl_OverBothFamilies_GetsThePage(string egress)
    {
        await using World world = await World.StartAsync(egress);
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
    }

    [Theory]
    [Trait("Category", "Smoke")]
    [InlineData("direct", World.Dns4)]
    [InlineData("direct", World.Dns6)]
    [InlineData("danted", World.Dns4)]
    [InlineData("danted-password", World.Dns4)]
    public async Task Dig_OverUdp_GetsTheAddresses(string egress, string server)
    {
        await using World world = await World.StartAsync(egress);
        Assert.Equal(World.Web4, world.Execute("dig", "+short", "+time=3", "+tries=2", $"@{server}", "www.example.com", "A"));
        Assert.Equal(World.Web6, world.Execute("dig", "+short", "+time=3", "+tries=2", $"@{server}", "www.example.com", "AAAA"));
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("danted")]
    public async Task Curl_ByName_ResolvesThroughTheDevice(string egress)
    {
        await using World world = await World.StartAsync(egress);
        DirectoryInfo names = Directory.CreateDirectory($"/etc/netns/{world.Client.Name}");
        await File.WriteAllTextAsync(Path.Combine(names.FullName, "resolv.conf"), $"nameserver {World.Dns4}\n");
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", "http://www.example.com/"));
    }

    [Theory]
    [InlineData("direct", "198.18.0.1")]
    [InlineData("direct", "fd98::1")]
    [InlineData("danted", "198.18.0.1")]
    [InlineData("microsocks", "198.18.0.1")]
    public async Task Iperf3_BothWaysAndEightStreams_CarriesBytes(string egress, string server)
    {
        await using World world = await World.StartAsync(egress);
        world.Run(world.Server, "iperf3", "-s");
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse(server), 5201));
        foreach (string[] way in (string[][])[[], ["-R"], ["-P", "8"], ["-R", "-P", "8"]])
        {
            using JsonDocument report = JsonDocument.Parse(world.Execute("iperf3", ["-c", server, "-t", "1", "-J", .. way]));
            long bytes = report.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bytes").GetInt64();
            Assert.True(bytes > 10_000_000, $"iperf3 {string.Join(' ', way)} carried {bytes} bytes in a second");
        }
    }

    [Fact]
    public async Task Iperf3_Udp_CarriesDatagrams()
    {
        await using World world = await World.StartAsync();
        // Bound, because iperf3 otherwise answers from the address of the way back, not from the one that was asked.
        world.Run(world.Server, "iperf3", "-s", "-B", "198.18.0.1");
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse("198.18.0.1"), 5201));
        foreach (string[] way in (string[][])[[], ["-R"]])
        {
            using JsonDocument report = JsonDocument.Parse(
                world.Execute("iperf3", ["-c", "198.18.0.1", "-u", "-b", "50M", "-l", "1200", "-t", "1", "-J", .. way]));
            JsonElement sum = report.RootElement.GetProperty("end").GetProperty("sum");
            Assert.True(sum.GetProperty("lost_percent").GetDouble() < 5, sum.ToString());
        }
    }
}
