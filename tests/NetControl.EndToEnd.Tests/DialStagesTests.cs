using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>Where a session's dial spent its time, and where it ended: told by the session itself.</summary>
public sealed class DialStagesTests
{
    [Fact]
    public async Task ADialThatSucceeds_TellsItsStages()
    {
        await using World world = await World.StartAsync("socks5");
        Session session = await FetchAsync(world, succeeds: true);
        Assert.Equal("", session.DialError);
        TimeSpan connect = session.ConnectDuration.ToTimeSpan();
        TimeSpan dial = session.DialDuration.ToTimeSpan();
        Assert.InRange(connect, TimeSpan.FromTicks(1), dial + TimeSpan.FromMilliseconds(1)); // a loop's clock is that of its turn
        Assert.True(session.FirstByteDuration.ToTimeSpan() >= dial);
    }

    [Theory]
    [InlineData("socks5://10.99.0.2:1999", false, "10.99.0.2:1999")] // nobody listens
    [InlineData("socks5://198.18.0.7:7", true, "")] // an echo is no SOCKS5 server
    public async Task ADialThatFails_TellsHowFarItCame_AndWhy(string chain, bool connected, string said)
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration(chain));
        Session session = await FetchAsync(world, succeeds: false);
        Assert.Equal(SessionCause.DialProxyFailed, session.Cause);
        Assert.Equal(connected, session.ConnectDuration is not null);
        Assert.NotEmpty(session.DialError);
        Assert.Contains(said, session.DialError, StringComparison.Ordinal);
        Assert.Null(session.FirstByteDuration);
    }

    private static async Task<Session> FetchAsync(World world, bool succeeds)
    {
        SessionLedger ledger = await world.FollowAsync();
        Assert.Equal(succeeds, world.Client.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/").ExitCode == 0);
        await ledger.WaitUntilAsync(books => books.Closed.Count > 0);
        return ledger.Read(books => Assert.Single(books.Closed));
    }
}
