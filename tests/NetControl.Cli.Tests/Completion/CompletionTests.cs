using System.Diagnostics;
using NetControl.Cli.Completion;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Tests.Completion;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("dev", "devices")]
    [InlineData("devices dr", "drain")]
    [InlineData("devices get ", "tun0")]
    [InlineData("devices drain tu", "tun1")]
    [InlineData("devices get devices/tun1", "devices/tun1")]
    [InlineData("delegates swap egress ", "up")]
    [InlineData("devices attach tun0 delegates/", "delegates/egress")]
    [InlineData("devices update tun0 --stream-dialer pro", "proxies/up")]
    [InlineData("sessions list --device ", "tun0")]
    [InlineData("completion ", "fish")]
    [InlineData("delegates swap egress up --existing ", "drain")]
    [InlineData("delegates list --filter hea", "health.state")]
    [InlineData("delegates list --filter state=re", "state=READY")]
    [InlineData("policies list --order-by default_h", "default_hits desc")]
    [InlineData("sessions close --filter proto", "protocol")]
    public async Task Line_IsCompleted_WithWhatThereIs(string line, string expected)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new ListDevicesResponse { Devices = { new Device { Name = "devices/tun0" }, new Device { Name = "devices/tun1" } } });
        server.Answers.Add(new ListProxiesResponse { Proxies = { new Proxy { Name = "proxies/up" } } });
        server.Answers.Add(new ListDelegatesResponse { Delegates = { new Protocol.V1.Delegate { Name = "delegates/egress" } } });
        Assert.Contains(expected, await server.SuggestAsync(line));
    }

    [Fact]
    public void Scripts_AreTheScripts()
    {
        Assert.Contains("complete -o default -F _netctl netctl", CompletionCommand.Bash, StringComparison.Ordinal);
        Assert.StartsWith("#compdef netctl", CompletionCommand.Zsh, StringComparison.Ordinal);
        Assert.Contains("complete -c netctl", CompletionCommand.Fish, StringComparison.Ordinal);
    }

    [Fact]
    public void BashScript_InBash_CompletesWhatNetctlSays()
    {
        string script = CompletionCommand.Bash + """
            netctl() { printf '%s\n' tun0 tun1 egress; }
            COMP_WORDS=(netctl devices get tu) COMP_CWORD=3 COMP_LINE="netctl devices get tu" COMP_POINT=21
            _netctl
            printf '%s,' "${COMPREPLY[@]}"
            """;
        using Process bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal("tun0,tun1,", bash.StandardOutput.ReadToEnd());
        bash.WaitForExit();
    }
}
