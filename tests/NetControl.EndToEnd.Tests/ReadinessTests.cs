using NetControl.Testing;

namespace NetControl.EndToEnd.Tests;

/// <summary>Ready means that the way out works; alive does not depend on it.</summary>
public sealed class ReadinessTests
{
    [Fact]
    public async Task ProxyThatDoesNotAnswer_MakesItUnready_AndNotDead()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration($"socks5://{World.SocksAddress}:9"));
        Assert.Equal("200", Status(world, "readyz"));
        for (int attempt = 0; attempt < 20 && Status(world, "readyz") == "200"; attempt++)
        {
            CommandResult refused = world.Client.Execute("curl", "-s", "-m", "20", $"http://{World.Web4}/");
            Assert.NotEqual(0, refused.ExitCode);
        }

        Assert.Equal("503", Status(world, "readyz"));
        Assert.Contains($"{World.Delegate} proxies/a UNHEALTHY", world.Execute("curl", "-s", "http://127.0.0.1:9464/readyz"), StringComparison.Ordinal);
        Assert.Equal("200", Status(world, "healthz"));
        Assert.Equal(0, await world.Daemon.TerminateAsync());
    }

    private static string Status(World world, string path) =>
        world.Execute("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", $"http://127.0.0.1:9464/{path}");
}
