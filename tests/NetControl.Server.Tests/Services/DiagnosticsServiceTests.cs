using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Engine.Diagnosis;
using NetControl.Network;
using NetControl.Protocol.V1;
using NetControl.Stack.Wire;
using NetControl.Testing.Captures;

namespace NetControl.Server.Tests.Services;

public sealed class DiagnosticsServiceTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Capture_TellsTheHeaderAtOnce_ThenPackets_ThenTheEnd()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using PacketEngine engine = new(new EngineOptions { Loops = 1, Mark = 0 }, NullLogger.Instance);
        StackDevice stack = Open(server, engine);
        using var call = server.Diagnostics.CaptureTraffic(new CaptureTrafficRequest
        {
            Device = "devices/tun0",
            MaxPackets = 2,
            Filter = new CaptureFilter { DroppedOnly = true, DropReasons = { "martian" }, Networks = { "127.0.0.0/8" }, Ports = { 53 } },
        });
        CaptureTrafficResponse first = await NextAsync(call);
        Assert.Equal("devices/tun0", Assert.Single(PcapngFile.Parse(first.Pcapng.Span).Interfaces).Name);
        for (int i = 0; i < 3; i++)
        {
            stack.Write(Datagram("127.0.0.1:1000", "198.18.0.1:53"));
            stack.Write(Datagram("127.0.0.1:1000", "198.18.0.1:54"));
        }

        (PcapngFile file, CaptureTrafficResponse last) = await ReadAsync(call, first);
        Assert.Equal(Protocol.V1.CaptureEnd.Types.Reason.PacketLimit, last.End.Reason);
        Assert.Equal(["drop=martian", "drop=martian"], file.Packets.Select(packet => packet.Comment));
        Assert.Equal((2L, 0L), (last.Counters.Captured, last.Counters.Lost));
        Assert.NotEmpty(file.Statistics);
    }

    [Fact]
    public async Task Capture_Idle_EndsWithItsTime()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using PacketEngine engine = new(new EngineOptions { Loops = 1, Mark = 0 }, NullLogger.Instance);
        Open(server, engine);
        using var call = server.Diagnostics.CaptureTraffic(
            new CaptureTrafficRequest { Device = "devices/tun0", MaxDuration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(200)) });
        (PcapngFile file, CaptureTrafficResponse last) = await ReadAsync(call, await NextAsync(call));
        Assert.Equal(Protocol.V1.CaptureEnd.Types.Reason.TimeLimit, last.End.Reason);
        Assert.Empty(file.Packets);
    }

    [Fact]
    public async Task Capture_OfASlowReader_TellsWhatWasLost_InMessagesBelowAMebibyte()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using PacketEngine engine = new(new EngineOptions { Loops = 1, Mark = 0 }, NullLogger.Instance);
        StackDevice stack = Open(server, engine);
        const int Count = 20_000; // 28 MB: more than the buffer and the transport's windows hold
        using var call = server.Diagnostics.CaptureTraffic(new CaptureTrafficRequest
        {
            Device = "devices/tun0",
            Filter = new CaptureFilter { Direction = CaptureFilter.Types.Direction.FromApplication },
        });
        CaptureTrafficResponse first = await NextAsync(call);
        byte[] packet = Datagram("127.0.0.1:1000", "198.18.0.1:53", 1400);
        for (int i = 0; i < Count; i++)
        {
            stack.Write(packet);
        }

        List<CaptureTrafficResponse> messages = [first];
        do
        {
            messages.Add(await NextAsync(call));
        }
        while (messages[^1].Counters.Captured + messages[^1].Counters.Lost < Count);

        // Now there is room again, and the next packet tells of those before it.
        stack.Write(packet);
        do
        {
            messages.Add(await NextAsync(call));
        }
        while (messages[^1].Counters.Captured + messages[^1].Counters.Lost <= Count);
        Assert.True(messages[^1].Counters.Lost > 0, "nothing was lost");
        Assert.Equal(Count + 1, messages[^1].Counters.Matched);
        Assert.All(messages, message => Assert.InRange(message.CalculateSize(), 1, 1 << 20));
        PcapngFile file = PcapngFile.Parse([.. messages.SelectMany(message => message.Pcapng)]);
        Assert.Equal(messages[^1].Counters.Captured, file.Packets.Count);
        Assert.Equal(messages[^1].Counters.Lost, file.Packets.Sum(p => p.LostBefore));
    }

    [Fact]
    public async Task Capture_WithMistakes_ReportsAllOfThem()
    {
        await using TestServer server = await TestServer.StartAsync();
        CaptureTrafficRequest request = new()
        {
            Device = "tun0",
            SnapLength = 70_000,
            MaxPackets = -1,
            MaxBytes = -1,
            BufferBytes = 1,
            MaxDuration = new Duration(),
            Filter = new CaptureFilter
            {
                Networks = { "10.0.0.0/8", "somewhere" },
                Ports = { 0, 70_000 },
                Protocols = { CaptureFilter.Types.Protocol.Unspecified },
                Session = "devices/other/sessions/s1",
                DropReasons = { "none", "bad_luck" },
            },
        };
        RichError error = await OfAsync(server, request);
        Assert.Equal(StatusCode.InvalidArgument, error.Code);
        Assert.Equal(
            [
                "device", "snap_length", "max_packets", "max_bytes", "buffer_bytes", "max_duration", "filter.networks[1]", "filter.ports[0]",
                "filter.ports[1]", "filter.protocols[0]", "filter.session", "filter.drop_reasons[0]", "filter.drop_reasons[1]",
            ],
            error.Fields);
    }

    [Fact]
    public async Task Capture_WhereThereIsNothingToCapture_SaysWhy()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal((StatusCode.NotFound, "NOT_FOUND"), Reason(await OfAsync(server, new CaptureTrafficRequest { Device = "devices/none" })));
        Assert.Equal(
            (StatusCode.FailedPrecondition, "DEVICE_CLOSED"), Reason(await OfAsync(server, new CaptureTrafficRequest { Device = "devices/tun0" })));
        await using PacketEngine engine = new(new EngineOptions { Loops = 1, Mark = 0 }, NullLogger.Instance);
        Open(server, engine);
        List<AsyncServerStreamingCall<CaptureTrafficResponse>> calls = [];
        for (int i = 0; i < EngineDevice.MaxCaptures; i++)
        {
            calls.Add(server.Diagnostics.CaptureTraffic(new CaptureTrafficRequest { Device = "devices/tun0" }));
            await NextAsync(calls[^1]);
        }

        Assert.Equal(
            (StatusCode.ResourceExhausted, "LIMIT_EXCEEDED"), Reason(await OfAsync(server, new CaptureTrafficRequest { Device = "devices/tun0" })));
        calls.ForEach(call => call.Dispose());
    }

    [Fact]
    public async Task Diagnose_TellsFindings_AndAsksAboutTheProxiesInUse()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Findings.Add(new Engine.Diagnosis.Finding(
            FindingSeverity.Warning, FindingCode.RpFilterStrict, "eth0", "too strict", "sysctl -w net.ipv4.conf.eth0.rp_filter=2", "devices/tun0"));
        DiagnoseRoutingResponse response = await server.Diagnostics.DiagnoseRoutingAsync(new DiagnoseRoutingRequest());
        Protocol.V1.Finding finding = Assert.Single(response.Findings);
        Assert.Equal(
            (Protocol.V1.Finding.Types.Severity.Warning, "RP_FILTER_STRICT", "eth0", "devices/tun0"),
            (finding.Severity, finding.Code, finding.Subject, finding.Device));
        Assert.Equal((17, "devices/tun0"), (response.Checks, Assert.Single(response.Devices)));

        // proxies/a is socks5 and used by a delegate, proxies/b is direct and used by nobody.
        UpstreamHost host = Assert.Single(server.Test.Engine.Diagnosed!.Upstreams);
        Assert.Equal(("proxies/a", "127.0.0.1", false), (host.Proxy, host.Host, server.Test.Engine.Diagnosed.DirectInUse));
        Assert.Equal(
            StatusCode.NotFound,
            (await RichError.OfAsync(async () => await server.Diagnostics.DiagnoseRoutingAsync(new DiagnoseRoutingRequest { Device = "devices/x" }))).Code);
    }

    [Fact]
    public async Task Diagnose_AsksAboutEveryServerThatIsReachedStraightFromHere()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.Proxies.UpdateProxyAsync(new UpdateProxyRequest
        {
            Proxy = new Proxy { Name = "proxies/a", Config = "do53:address=192.0.2.54|socks5://localhost:1080|socks5://192.0.2.9:1|dnssplit:direct=x&resolver=10.96.0.10&remote=1.1.1.1" },
        });
        await server.Diagnostics.DiagnoseRoutingAsync(new DiagnoseRoutingRequest());
        DiagnosisRequest asked = server.Test.Engine.Diagnosed!;
        Assert.Equal(
            [
                ("/etc/resolv.conf", "192.0.2.53"), ("proxies/a", "10.96.0.10"), ("proxies/a", "127.0.0.1"), ("proxies/a", "192.0.2.54"),
            ],
            asked.Upstreams.SelectMany(host => host.Addresses.Select(address => (host.Proxy, $"{address}"))).Order());
        Assert.False(asked.DirectInUse);
        await server.Proxies.UpdateProxyAsync(new UpdateProxyRequest { Proxy = new Proxy { Name = "proxies/a", Config = "do53:address=192.0.2.54" } });
        await server.Diagnostics.DiagnoseRoutingAsync(new DiagnoseRoutingRequest());
        asked = server.Test.Engine.Diagnosed!;
        Assert.Equal(("192.0.2.54", true), ($"{Assert.Single(asked.Upstreams).Addresses[0]}", asked.DirectInUse));
    }

    [Fact]
    public async Task Probe_OfAProxyThatFails_IsAnAnswer_WithoutItsSecrets()
    {
        await using TestServer server = await TestServer.StartAsync();
        ProbeProxyResponse response = await server.Diagnostics.ProbeProxyAsync(new ProbeProxyRequest { Proxy = "proxies/a" });
        Assert.Equal(("proxies/a", "socks5://REDACTED@127.0.0.1:1080"), (response.Proxy, response.Config));
        Assert.Equal(["1.1.1.1:53", "1.1.1.1:53"], response.Results.Select(result => result.Target));
        Assert.All(response.Results, result => Assert.Equal((false, "connect", "ECONNREFUSED"), (result.Ok, result.Error.Op, result.Error.PosixError)));
        Assert.DoesNotContain("secret", response.ToString(), StringComparison.Ordinal);
        response = await server.Diagnostics.ProbeProxyAsync(
            new ProbeProxyRequest { Config = "socks5://u:hunter2@127.0.0.1:1", TcpTargets = { "192.0.2.1:443" } });
        Assert.Equal(("", "socks5://REDACTED@127.0.0.1:1"), (response.Proxy, response.Config));
        Assert.DoesNotContain("hunter2", response.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_OfHops_IsOneOfTheSameChainAsText()
    {
        await using TestServer server = await TestServer.StartAsync();
        Hop[] hops =
        [
            new() { Split = new SplitHop { Pieces = { new SplitHop.Types.Piece { Length = 2 } } } },
            new() { Socks5 = new Socks5Hop { Server = "127.0.0.1:1", Username = "u", Password = "hunter2" } },
        ];
        ProbeProxyResponse response = await server.Diagnostics.ProbeProxyAsync(
            new ProbeProxyRequest { Hops = { hops }, TcpTargets = { "192.0.2.1:443" } });
        Assert.Equal(("", "split:2|socks5://REDACTED@127.0.0.1:1"), (response.Proxy, response.Config));
        Assert.Equal((false, "connect", "ECONNREFUSED"),
            (response.Results[0].Ok, response.Results[0].Error.Op, response.Results[0].Error.PosixError));
        Assert.Equal([Hop.KindOneofCase.Split, Hop.KindOneofCase.Socks5], response.Hops.Select(hop => hop.KindCase));
        Assert.Equal(("REDACTED", "127.0.0.1:1"), (response.Hops[1].Socks5.Password, response.Hops[1].Socks5.Server));
        Assert.DoesNotContain("hunter2", response.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_OfWrongHops_NamesEachField_AsCreateProxyDoes()
    {
        await using TestServer server = await TestServer.StartAsync();
        Hop[] hops =
        [
            new(),
            new() { Socks5 = new Socks5Hop { Server = "nowhere", Username = "u", Password = "hunter2" } },
            new() { Socks5 = new Socks5Hop { Server = "a.example:1", Username = "u", Password = "REDACTED" } },
        ];
        RichError probe = await OfAsync(server, new ProbeProxyRequest { Hops = { hops }, QueryName = "a..b" });
        RichError create = await RichError.OfAsync(
            async () => await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "x", Proxy = new Proxy { Hops = { hops } } }));
        Assert.Equal(["hops[0]", "hops[1].socks5.server", "hops[2].socks5.password", "query_name"], probe.Fields);
        Assert.Equal(create.Fields, probe.Fields.SkipLast(1).Select(field => $"proxy.{field}"));
        Assert.DoesNotContain("hunter2", probe.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("update_mask", probe.ToString(), StringComparison.Ordinal);
        Hop missing = new() { Tls = new TlsHop { CaFile = "/nowhere/ca.pem" } };
        Assert.Equal(["hops[0].tls"], (await OfAsync(server, new ProbeProxyRequest { Hops = { missing } })).Fields);
    }

    [Fact]
    public async Task Probe_OfTwoSubjects_IsRefused()
    {
        await using TestServer server = await TestServer.StartAsync();
        Hop hop = new() { Dnstruncate = new DnsTruncateHop() };
        foreach (ProbeProxyRequest request in (ProbeProxyRequest[])[new() { Config = "", Hops = { hop } }, new() { Proxy = "proxies/a", Hops = { hop } }])
        {
            RichError error = await OfAsync(server, request);
            Assert.Equal((StatusCode.InvalidArgument, "hops"), (error.Code, Assert.Single(error.Fields)));
            Assert.Contains($"together with {request.SubjectCase.ToString().ToLowerInvariant()}", error.Status.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Probe_WithMistakes_ReportsAllOfThem()
    {
        await using TestServer server = await TestServer.StartAsync();
        RichError error = await RichError.OfAsync(async () => await server.Diagnostics.ProbeProxyAsync(new ProbeProxyRequest
        {
            Config = "socks5://u:hunter2@nowhere",
            TcpTargets = { "nowhere" },
            UdpTargets = { "example.com:53" },
            QueryName = "a..b",
            Timeout = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        }));
        Assert.Equal(["config", "tcp_targets[0]", "udp_targets[0]", "query_name", "timeout"], error.Fields);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
        error = await RichError.OfAsync(async () => await server.Diagnostics.ProbeProxyAsync(new ProbeProxyRequest()));
        Assert.Equal(["proxy"], error.Fields);
        error = await RichError.OfAsync(async () => await server.Diagnostics.ProbeProxyAsync(new ProbeProxyRequest { Proxy = "proxies/none" }));
        Assert.Equal(StatusCode.NotFound, error.Code);
    }

    internal static StackDevice Open(TestServer server, PacketEngine engine)
    {
        server.Test.Engine.Captured = engine;
        return engine.OpenStack("devices/tun0", engine.StreamDialer, new PacketListenerProxy(engine.PacketListener));
    }

    private static byte[] Datagram(string from, string to, int payload = 10)
    {
        byte[] packet = new byte[28 + payload];
        UdpPacket.Write(packet, AddrPort.Parse(from), AddrPort.Parse(to), new byte[payload]);
        return packet;
    }

    private static (StatusCode Code, string Reason) Reason(RichError error) => (error.Code, error.Reason);

    private static async Task<RichError> OfAsync(TestServer server, CaptureTrafficRequest request)
    {
        using var call = server.Diagnostics.CaptureTraffic(request);
        return await RichError.OfAsync(() => call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static Task<RichError> OfAsync(TestServer server, ProbeProxyRequest request) =>
        RichError.OfAsync(async () => await server.Diagnostics.ProbeProxyAsync(request));

    private static async Task<CaptureTrafficResponse> NextAsync(AsyncServerStreamingCall<CaptureTrafficResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(s_patience));
        return call.ResponseStream.Current;
    }

    private static async Task<(PcapngFile File, CaptureTrafficResponse Last)> ReadAsync(
        AsyncServerStreamingCall<CaptureTrafficResponse> call, CaptureTrafficResponse first)
    {
        List<byte> bytes = [.. first.Pcapng];
        CaptureTrafficResponse last = first;
        while (last.End is null)
        {
            last = await NextAsync(call);
            bytes.AddRange(last.Pcapng);
        }

        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(s_patience));
        return (PcapngFile.Parse([.. bytes]), last);
    }
}
