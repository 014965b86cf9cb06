using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using NetControl.Network;
using NetControl.Sample;
using NetControl.Testing;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Samples;

/// <summary>The library without the server, as README shows it.</summary>
public sealed class SampleTests
{
    [Fact]
    public async Task Sample_OverSocks5_CarriesTcpAndUdp()
    {
        using OriginServer origin = new(new IPEndPoint(IPAddress.Loopback, 0));
        using EchoServer echo = new();
        using Socks5Server proxy = new(new Socks5ServerOptions
        {
            Route = asked => new HostPort(AddrPort.From(asked.Port == 80 ? origin.EndPoint : echo.EndPoint)),
            RouteBack = _ => AddrPort.Parse("198.18.0.7:7"),
        });
        await StackOverProxy.RunAsync($"socks5://{proxy.EndPoint}", async device =>
        {
            using PeerHost host = new(device);
            TcpPeer connection = await host.ConnectAsync(AddrPort.Parse("198.18.0.80:80"));
            await connection.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray());
            Assert.EndsWith("hello", Encoding.ASCII.GetString(await connection.ReceiveToEndAsync()).TrimEnd(), StringComparison.Ordinal);

            AddrPort source = host.NextSource(AddrPort.Parse("198.18.0.7:7"));
            host.SendUdp(source, AddrPort.Parse("198.18.0.7:7"), "ping"u8);
            (AddrPort from, byte[] payload) = await host.ExpectUdpAsync(source);
            Assert.Equal(AddrPort.Parse("198.18.0.7:7"), from);
            Assert.Equal("ping"u8.ToArray(), payload);
        });
        Assert.Equal(1, proxy.Connects);
        Assert.Equal(1, proxy.Associations);
    }

    [Fact]
    public async Task Sample_WithATextThatIsNoChain_SaysWhere()
    {
        FormatException e = await Assert.ThrowsAsync<FormatException>(() => StackOverProxy.RunAsync("socks5://host", _ => Task.CompletedTask));
        Assert.StartsWith("part 1, column 10: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Readme_ShowsTheSampleThatIsRun()
    {
        string root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));
        string code = File.ReadAllText(Path.Combine(root, "tests/NetControl.Sample/StackOverProxy.cs"));
        string shown = code.Split("// README: begin\n")[1].Split("        // README: end")[0];
        string[] lines = [.. shown.TrimEnd().Split('\n').Select(line => line.Length > 8 ? line[8..] : "")];
        Assert.Contains(string.Join('\n', lines), File.ReadAllText(Path.Combine(root, "README.md")), StringComparison.Ordinal);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
