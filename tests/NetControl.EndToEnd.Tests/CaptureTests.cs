using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Testing.Captures;

namespace NetControl.EndToEnd.Tests;

/// <summary>netctl capture on a real device, read by tshark.</summary>
public sealed class CaptureTests
{
    private const int Bytes = 3_000_000;

    [Fact]
    public async Task TransferWithOffload_OpensInTshark_WholeAndWithItsHandshake()
    {
        Tools.Require("tshark");
        await using World world = await World.StartAsync();
        string file = Path.Combine(world.Folder, "curl.pcapng");
        Task<string> capture = await CaptureAsync(world, file, "--port", "80", "--protocol", "tcp", "--buffer-bytes", "33554432");
        world.Execute("curl", "-sS", "-m", "20", "-o", "/dev/null", $"http://{World.Web4}/bytes/{Bytes}");
        world.Execute("curl", "-sS", "-m", "20", "-o", "/dev/null", $"http://[{World.Web6}]/");
        await WaitForFinsAsync(file, 4);
        Netctl(world, "devices", "delete", "tun0");
        string summary = await capture.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains(" 0 lost", summary, StringComparison.Ordinal);
        Assert.Contains("ended by the device's end", summary, StringComparison.Ordinal);

        string[] flags = Tshark(file, "tcp.stream==0", "tcp.flags.syn", "tcp.flags.ack", "frame.packet_flags_direction");
        Assert.Equal(["True\tFalse\t0x00000002", "True\tTrue\t0x00000001", "False\tTrue\t0x00000002"], flags.Take(3).Select(Normal));
        string[] payload = Tshark(file, "tcp.stream==0 && ip.src==198.18.0.80 && !tcp.analysis.retransmission", "tcp.len");
        long total = payload.Sum(line => long.Parse(line, CultureInfo.InvariantCulture));
        Assert.InRange(total, Bytes + 20, Bytes + 1000); // the headers of the answer on top
        Assert.True(payload.Max(line => int.Parse(line, CultureInfo.InvariantCulture)) > 1460, "no super-segment was captured");
        Assert.NotEmpty(Tshark(file, "ipv6 && http.response.code==200", "frame.number"));
        Assert.Empty(Tshark(file, "_ws.malformed", "frame.number"));
        string[] comments = Tshark(file, "tcp.stream==0", "frame.comment");
        Assert.All(comments, comment => Assert.StartsWith("session=devices/tun0/sessions/s", comment, StringComparison.Ordinal));
        Assert.Single(comments.Select(comment => comment.Split(' ')[0]).Distinct(StringComparer.Ordinal));
        Assert.Contains(comments, comment => comment.EndsWith(" super-segment", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DropsAndAStuckReader_AreTold_WhileTrafficFlows()
    {
        Tools.Require("tshark");
        await using World world = await World.StartAsync();

        // This reader takes the header, and then nothing more.
        using AsyncServerStreamingCall<CaptureTrafficResponse> stuck = world.Api.Diagnostics.CaptureTraffic(
            new CaptureTrafficRequest { Device = World.Device, BufferBytes = 262_144 });
        Assert.True(await stuck.ResponseStream.MoveNext(CancellationToken.None));
        string file = Path.Combine(world.Folder, "drops.pcapng");
        Task<string> capture = await CaptureAsync(world, file, "--dropped", "--count", "1");
        world.Execute("curl", "-sS", "-m", "20", "-o", "/dev/null", $"http://{World.Web4}/bytes/100000000");

        using Socket multicast = world.Udp();
        multicast.Bind(new IPEndPoint(IPAddress.Parse("10.77.0.1"), 0));
        multicast.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Parse("10.77.0.1").GetAddressBytes());
        await multicast.SendToAsync(new byte[10], new IPEndPoint(IPAddress.Parse("239.1.2.3"), 9));
        Assert.Contains("1 packets captured", await capture.WaitAsync(TimeSpan.FromSeconds(30)), StringComparison.Ordinal);
        Assert.Matches("^drop=[a-z_]+$", Assert.Single(Tshark(file, "", "frame.comment")));
        List<PcapngStatistics> counted = PcapngFile.Parse(await File.ReadAllBytesAsync(file)).Statistics;
        Assert.Contains(counted, one => one.Comment.StartsWith("drop=", StringComparison.Ordinal));
        Assert.Equal(1, counted.TakeLast(counted.Max(one => one.Interface) + 1).Sum(one => one.Delivered));

        List<byte> bytes = [.. stuck.ResponseStream.Current.Pcapng];
        CaptureCounters counters;
        do
        {
            Assert.True(await stuck.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
            bytes.AddRange(stuck.ResponseStream.Current.Pcapng);
            counters = stuck.ResponseStream.Current.Counters;
        }
        while (counters.Captured + counters.Lost < counters.Matched || counters.Lost == 0);
        PcapngFile seen = PcapngFile.Parse([.. bytes]);
        Assert.Equal(counters.Captured, seen.Packets.Count);
        string stuckFile = Path.Combine(world.Folder, "stuck.pcapng");
        await File.WriteAllBytesAsync(stuckFile, [.. bytes]);
        Assert.Equal(seen.Packets.Count, Tshark(stuckFile, "", "frame.number").Length);
        if (seen.Packets.Exists(packet => packet.LostBefore > 0))
        {
            Assert.NotEmpty(Tshark(stuckFile, "frame.drop_count > 0", "frame.number"));
        }
    }

    [Fact]
    public async Task Pipe_IntoTshark_IsLive()
    {
        Tools.Require("tshark");
        await using World world = await World.StartAsync();
        string pipe = $"{NetctlPath()} -a unix:{world.SocketPath} capture tun0 -w - | tshark -l -n -r - -T fields -e udp.dstport";
        using Process live = Process.Start(new ProcessStartInfo("sh", ["-c", pipe])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string?> line = live.StandardOutput.ReadLineAsync();
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(30));
        while (!line.IsCompleted)
        {
            world.Execute("dig", "+short", "+time=3", "+tries=1", $"@{World.Dns4}", "www.example.com", "A");
            await Task.Delay(100, stop.Token);
        }

        Assert.NotNull(await line);
        await world.Daemon.TerminateAsync();
        await live.WaitForExitAsync(stop.Token);
    }

    [Fact]
    public async Task SoundWorld_HasNoFindings_AndABrokenOneHas()
    {
        await using World world = await World.StartAsync("socks5");
        Assert.Contains(": nothing is wrong", Netctl(world, "diagnose"), StringComparison.Ordinal);
        world.Client.Ip("rule", "del", "priority", "9000");
        string found = Netctl(world, "diagnose", "tun0");
        Assert.Contains("error   RULE_MISSING  -4 priority 9000 not fwmark 0x4e43 lookup 20035", found, StringComparison.Ordinal);
        Assert.Contains("  fix:  ip -4 rule add priority 9000 not fwmark 0x4e43 lookup 20035", found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("socks5")]
    public async Task Probe_OfAWayOut_ThatWorks(string egress)
    {
        await using World world = await World.StartAsync(egress);
        string result = Netctl(world, "probe", "a", "--tcp", $"{World.Web4}:80", "--udp", $"{World.Dns4}:53", "--tcp", $"{World.NoWay4}:80");
        Assert.Matches($@"198\.18\.0\.80:80 +tcp +ok .*receive=", result);
        Assert.Matches($@"198\.18\.0\.53:53 +udp +ok .*receive=", result);
        Assert.Matches(@"198\.19\.3\.1:80 +tcp +\w+ failed ", result);
    }

    /// <summary>Starts netctl capture into a file, waits until it runs, and gives what it says at its end.</summary>
    private static async Task<Task<string>> CaptureAsync(World world, string file, params string[] options)
    {
        Process process = Process.Start(new ProcessStartInfo(
            NetctlPath(), ["-a", $"unix:{world.SocketPath}", "capture", "tun0", "-w", file, .. options])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        Task<string> said = process.StandardError.ReadToEndAsync();
        for (long start = Stopwatch.GetTimestamp(); !File.Exists(file) || new FileInfo(file).Length == 0; await Task.Delay(10))
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30) && !process.HasExited, "netctl capture did not begin");
        }

        return said;
    }

    private static async Task WaitForFinsAsync(string file, int count)
    {
        for (long start = Stopwatch.GetTimestamp(); Tshark(file, "tcp.flags.fin==1", "frame.number").Length < count; await Task.Delay(100))
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "the ends of the connections were not captured");
        }
    }

    // Versions of tshark differ in how they spell what is true.
    private static string Normal(string line) => line.Replace("1\t", "True\t", StringComparison.Ordinal).Replace("0\t", "False\t", StringComparison.Ordinal);

    private static string[] Tshark(string file, string filter, params string[] fields)
    {
        List<string> arguments = ["-n", "-r", file, "-T", "fields"];
        arguments.AddRange(fields.SelectMany(field => (string[])["-e", field]));
        if (filter.Length > 0)
        {
            arguments.AddRange(["-Y", filter]);
        }

        Testing.CommandResult result = Testing.NetNamespace.RunCommand("tshark", [.. arguments]);

        // A file that is still written may end in the middle of a block: tshark tells what it has read until there.
        Assert.True(result.ExitCode == 0 || result.Error.Contains("cut short", StringComparison.Ordinal), $"tshark: {result.Error}");
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Netctl(World world, params string[] arguments) => world.Execute(NetctlPath(), ["-a", $"unix:{world.SocketPath}", .. arguments]);

    private static string NetctlPath()
    {
        // artifacts/bin/<project>/<configuration>/ holds the tests; netctl lies in the same configuration.
        DirectoryInfo own = new(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(own.Parent!.Parent!.FullName, "NetControl.Cli", own.Name, "netctl");
    }
}
