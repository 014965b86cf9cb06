using System.CommandLine;
using NetControl.Cli.Commands;
using NetControl.Cli.Connection;

namespace NetControl.Cli.Tests.Commands;

public sealed class NetctlCommandTests
{
    [Theory]
    [InlineData("devices create tun0 --ip 10.77.0.1/24 --ip fd77::1/64 --route 198.18.0.0/15 --mtu 1500")]
    [InlineData("devices create tun0 --congestion-control new-reno --keep-alive-idle 10m --keep-alive-interval 5s --keep-alive-probes 3")]
    [InlineData("devices create tun0 --no-keep-alive")]
    [InlineData("devices attach tun0 delegates/egress --streams")]
    [InlineData("devices detach tun0")]
    [InlineData("devices delete tun0 --force -o json")]
    [InlineData("proxies create up --config socks5://h:1080 --udp-idle-timeout 500ms")]
    [InlineData("proxies update up --config \"\" --etag x")]
    [InlineData("delegates create egress up")]
    [InlineData("delegates swap egress direct --existing drain --drain-timeout 30s")]
    [InlineData("sessions list --device tun0 --protocol tcp --limit 5")]
    [InlineData("sessions close --all --validate-only")]
    [InlineData("sessions watch --snapshot --updates --no-switches --resume abc:5")]
    [InlineData("proxies create up --hops f")]
    [InlineData("proxies create up --config-file f")]
    [InlineData("audit --follow --since 17 --method CreateProxy --caller system --resource devices/tun0")]
    [InlineData("--address unix:/run/x.sock info")]
    [InlineData("info --address http://127.0.0.1:50051 --output json")]
    public void Line_Valid_Parses(string line) => Assert.Empty(NetctlCommand.Create().Parse(line).Errors);

    [Theory]
    [InlineData("devices")]
    [InlineData("devices creat tun0")]
    [InlineData("devices create tun0 --congestion-control vegas")]
    [InlineData("devices create tun0 --keep-alive-idle soon")]
    [InlineData("delegates swap egress")]
    [InlineData("delegates swap egress up --existing maybe")]
    [InlineData("delegates swap egress up --drain-timeout soon")]
    [InlineData("sessions list --protocol icmp")]
    [InlineData("probe up --hops f")]
    [InlineData("probe --config x --hops f")]
    [InlineData("proxies create up --config x --hops f")]
    [InlineData("proxies update up --config x --hops f")]
    [InlineData("proxies update up --config x --config-file f")]
    [InlineData("proxies create up --config-file f --hops f")]
    [InlineData("audit --since yesterday")]
    [InlineData("info --output xml")]
    [InlineData("info --address example.org")]
    public void Line_Invalid_IsRefused(string line) => Assert.NotEmpty(NetctlCommand.Create().Parse(line).Errors);

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    public void Duration_Valid_IsRead(string text, double seconds) =>
        Assert.Equal(seconds, Common.ParseDuration(text)!.ToTimeSpan().TotalSeconds);

    [Theory]
    [InlineData("tun0", "devices/tun0")]
    [InlineData("devices/tun0", "devices/tun0")]
    [InlineData("", "")]
    public void Name_GetsItsCollection(string name, string expected) => Assert.Equal(expected, Common.Qualify("devices", name));

    [Fact]
    public void Address_ComesFromOptionEnvironmentSocketOrDefault()
    {
        Assert.Equal("http://a:1", ServerAddress.Resolve("http://a:1", "http://b:1", _ => true));
        Assert.Equal("http://b:1", ServerAddress.Resolve(null, "http://b:1", _ => true));
        Assert.Equal("unix:/run/netcontrol/netcontrol.sock", ServerAddress.Resolve(null, null, _ => true));
        Assert.Equal("http://127.0.0.1:50051", ServerAddress.Resolve(null, "", _ => false));
    }

    [Fact]
    public async Task Info_WithoutAServer_ExitsWithUnreachable()
    {
        using StringWriter error = new();
        int code = await NetctlCommand.Create().Parse("--address unix:/nonexistent/x.sock info").InvokeAsync(
            new InvocationConfiguration { Error = error });
        Assert.Equal(ExitCode.Unreachable, code);
        Assert.Contains("no server at unix:/nonexistent/x.sock", error.ToString(), StringComparison.Ordinal);
    }
}
