using System.CommandLine;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Health.V1;
using NetControl.Cli.Commands;
using NetControl.Cli.Connection;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Tests.Commands;

/// <summary>netctl against a server: what each line asks for, and what it prints.</summary>
public sealed class AllCallsTests
{
    private const string Document = """
        listen: { http: "off" }
        devices:
          - name: devices/tun0
            mtu: 1500
            addresses: [10.77.0.1/24]
            limits: { maxTcpSessions: 7 }
        proxies:
          - { name: proxies/up, config: 123, udpIdleTimeout: 30s }
        """;

    [Fact]
    public async Task Lists_SendFilterOrderAndLimit_PageAfterPage()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new ListProxiesResponse { Proxies = { new Proxy { Name = "proxies/a" }, new Proxy { Name = "proxies/b" } }, NextPageToken = "next" });
        (int code, string output, _) = await server.RunAsync(
            "proxies", "list", "--filter", "name=eu-* AND age>1h", "--order-by", "name desc", "--limit", "3", "-o", "json");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Equal(4, output.Split("\"name\"").Length - 1);
        ListProxiesRequest first = new() { Filter = "name=eu-* AND age>1h", OrderBy = "name desc", PageSize = 3 };
        Assert.Equal([first, new ListProxiesRequest(first) { PageSize = 1, PageToken = "next" }], server.Calls.Select(c => c.Request).Cast<ListProxiesRequest>());

        server.Calls.Clear();
        await server.RunAsync("sessions", "list", "--protocol", "udp", "--filter", "destination.port=53", "--order-by", "bytes_sent desc", "-o", "json");
        ListSessionsRequest sessions = Assert.IsType<ListSessionsRequest>(Assert.Single(server.Calls).Request);
        Assert.Equal(new SessionFilter { Protocols = { SessionProtocol.Udp }, Expression = "destination.port=53" }, sessions.Filter);
        Assert.Equal(("bytes_sent desc", 1000), (sessions.OrderBy, sessions.PageSize));
    }

    [Theory]
    [InlineData("devices", "devices", "")]
    [InlineData("delegates/egress proxies/eu-*", "", "delegates/egress proxies/eu-*")]
    [InlineData("devices delegates/egress", "", "delegates/egress devices/*")]
    public async Task Watch_TakesKindsAndNames(string words, string collections, string names)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        await server.RunAsync(["watch", .. words.Split(' ')]);
        WatchResourcesRequest request = Assert.IsType<WatchResourcesRequest>(Assert.Single(server.Calls).Request);
        Assert.Equal((collections, names), (string.Join(' ', request.Collections), string.Join(' ', request.Names)));
    }

    [Fact]
    public async Task EveryRpc_HasACommand()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Document);
        string rules = Path.GetTempFileName();
        await File.WriteAllTextAsync(rules, "rules: [{id: web, action: POLICY_ACTION_ALLOW, ports: [443]}]");
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new CaptureTrafficResponse { Counters = new(), End = new() });
        server.Answers.Add(new SwapDelegateResponse { Delegate = new() });
        string[] lines =
        [
            "devices create tun0 --ip 10.77.0.1/24", "devices get tun0", "devices list", "devices update tun0 --mtu 1400", "devices drain tun0",
            "devices resume tun0", "devices delete tun0", "devices attach tun0 delegates/egress", "devices detach tun0",
            "proxies create up", "proxies get up", "proxies list", "proxies update up --config x", "proxies delete up",
            "delegates create egress up", "delegates get egress", "delegates list", "delegates swap egress up", "delegates delete egress",
            "delegates update egress --proxies up",
            "sessions list", "sessions get devices/tun0/sessions/1", "sessions close --all", "sessions follow", "accounting",
            "config get", $"config apply {file} --prune", "config confirm abc", "config revert abc", "watch devices", "info",
            $"policies create p --file {rules}", "policies get p", "policies list", $"policies update p --file {rules}", "policies delete p",
            "policies evaluate devices/tun0 198.51.100.7:443", "capture tun0 -w /dev/null", "diagnose", "probe up", "audit --follow",
        ];
        foreach (string line in lines)
        {
            // An empty answer has nothing for a table to show.
            (int code, _, string error) = await server.RunAsync([.. line.Split(' '), "-o", "json"]);
            Assert.True(code == ExitCode.Ok, $"{line}: {error}");
        }

        IEnumerable<string> all = typeof(Device).Assembly.GetTypes()
            .Select(t => t.GetProperty("Descriptor")?.GetValue(null)).OfType<ServiceDescriptor>()
            .SelectMany(s => s.Methods).Select(m => $"/{m.Service.FullName}/{m.Name}");
        Assert.Empty(all.Except(server.Calls.Select(c => c.Method), StringComparer.Ordinal));
        Assert.Equal("443", server.Calls.Select(c => c.Request).OfType<CreatePolicyRequest>().Single().Policy.Rules.Single().Ports.Single());
        File.Delete(file);
        File.Delete(rules);
    }

    [Fact]
    public async Task DeviceUpdate_SendsWhatWasWritten_AndAMaskOfIt()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        await server.RunAsync("devices", "update", "tun0", "--route", "198.18.0.0/15", "--max-tcp-sessions", "5", "--clear", "addresses",
            "--packet-proxy", "", "--force", "--etag", "\"e\"", "-o", "json");
        UpdateDeviceRequest request = Assert.IsType<UpdateDeviceRequest>(Assert.Single(server.Calls).Request);
        Assert.True(Guid.TryParse(request.RequestId, out _));
        request.RequestId = "";
        Assert.Equal(new UpdateDeviceRequest
        {
            Device = new Device { Name = "devices/tun0", Etag = "\"e\"", Routes = { "198.18.0.0/15" }, Limits = new() { MaxTcpSessions = 5 } },
            UpdateMask = new FieldMask { Paths = { "limits", "routes", "packet_proxy", "addresses" } },
            Force = true,
        }, request);
    }

    [Fact]
    public async Task DeviceDrain_WithATimeout_SendsIt()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new DrainDeviceResponse { Device = new Device { Name = "devices/tun0" }, SessionsDraining = 3 });
        (_, string output, _) = await server.RunAsync("devices", "drain", "tun0", "--timeout", "90s");
        Assert.Equal(90, Assert.IsType<DrainDeviceRequest>(Assert.Single(server.Calls).Request).Timeout.Seconds);
        Assert.EndsWith("3 sessions draining\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigApply_SendsTheDocument_WithoutWhatIsTheServersOwn_AndShowsThePlan()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Document);
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new ApplyConfigurationResponse
        {
            Generation = 8,
            Steps =
            {
                new PlanStep { Action = PlanStep.Types.Action.Reopen, Name = "devices/tun0", SessionsDisrupted = 4, Description = "other addresses" },
            },
            PendingConfirmation = new PendingConfirmation { ConfirmationId = "c1", Deadline = new Timestamp { Seconds = 1_900_000_000 } },
        });
        (int code, string output, _) = await server.RunAsync(
            "config", "apply", file, "--dry-run", "--prune", "--confirm-timeout", "1m", "--base-generation", "7");
        ApplyConfigurationRequest request = Assert.IsType<ApplyConfigurationRequest>(Assert.Single(server.Calls).Request);
        request.RequestId = "";
        Assert.Equal(new ApplyConfigurationRequest
        {
            Configuration = new Configuration
            {
                Devices =
                {
                    new Device { Name = "devices/tun0", Mtu = 1500, Addresses = { "10.77.0.1/24" }, Limits = new() { MaxTcpSessions = 7 } },
                },
                Proxies = { new Proxy { Name = "proxies/up", Config = "123", UdpIdleTimeout = new Duration { Seconds = 30 } } },
            },
            Prune = true,
            ValidateOnly = true,
            ConfirmTimeout = new Duration { Seconds = 60 },
            BaseGeneration = 7,
        }, request);
        Assert.Equal((ExitCode.Ok, """
            ACTION  NAME          ENDS  WHAT
            REOPEN  devices/tun0     4  other addresses
            nothing was done; the generation would be 8
            taken back at 2030-03-17 17:46:40Z unless you say: netctl config confirm c1

            """), (code, output));
        File.Delete(file);
    }

    [Fact]
    public async Task ChainOfAFile_IsSent_WithoutItsLineEnd_AndNothingElseSaysIt()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "socks5://u:hunter2@h:1\n");
        await using FakeServer server = await FakeServer.StartAsync();
        await server.RunAsync("proxies", "create", "up", "--config-file", file, "-o", "json");
        await server.RunAsync("proxies", "update", "up", "--config-file", file, "-o", "json");
        await server.RunAsync("probe", "--config-file", file, "-o", "json");
        Assert.Equal("socks5://u:hunter2@h:1", server.Calls.Select(c => c.Request).OfType<CreateProxyRequest>().Single().Proxy.Config);
        UpdateProxyRequest update = server.Calls.Select(c => c.Request).OfType<UpdateProxyRequest>().Single();
        Assert.Equal(("socks5://u:hunter2@h:1", "config"), (update.Proxy.Config, Assert.Single(update.UpdateMask.Paths)));
        Assert.Equal("socks5://u:hunter2@h:1", server.Calls.Select(c => c.Request).OfType<ProbeProxyRequest>().Single().Config);
        (int code, _, string error) = await server.RunAsync("proxies", "create", "up", "--config-file", file + ".none");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("cannot be read", error, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task Delegate_IsShownWithItsConditions()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new GetDelegateResponse
        {
            Delegate = new Protocol.V1.Delegate
            {
                Name = "delegates/egress",
                Conditions =
                {
                    new Condition
                    {
                        Type = "Healthy",
                        Status = Condition.Types.Status.False,
                        Reason = "PROXY_FAILS",
                        Message = "proxies/a: 3 attempts in a row failed",
                        LastTransitionTime = new Timestamp { Seconds = 1_900_000_000 },
                    },
                },
            },
        });
        (_, string output, _) = await server.RunAsync("delegates", "get", "egress");
        Assert.EndsWith("""
            CONDITION  STATUS  SINCE                 REASON       MESSAGE
            Healthy    FALSE   2030-03-17 17:46:40Z  PROXY_FAILS  proxies/a: 3 attempts in a row failed

            """, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HopsOfAFile_AreSent_InPlaceOfAText()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "hops:\n  - tls: {sni: \"\"}\n  - socks5: {server: \"192.0.2.1:1080\", username: u, password: 007}\n");
        Hop[] hops =
        [
            new() { Tls = new TlsHop { Sni = "" } },
            new() { Socks5 = new Socks5Hop { Server = "192.0.2.1:1080", Username = "u", Password = "007" } },
        ];
        await using FakeServer server = await FakeServer.StartAsync();
        foreach (string line in (string[])["probe", "proxies create up", "proxies update up"])
        {
            (int code, _, string error) = await server.RunAsync([.. line.Split(' '), "--hops", file, "-o", "json"]);
            Assert.True(code == ExitCode.Ok, $"{line}: {error}");
        }

        IMessage[] asked = [.. server.Calls.Select(call => call.Request)];
        Assert.Equal(new ProbeProxyRequest { Hops = { hops } }, asked[0]);
        Assert.Equal(new Proxy { Name = "proxies/up", Hops = { hops } }, Assert.IsType<CreateProxyRequest>(asked[1]).Proxy);
        UpdateProxyRequest update = Assert.IsType<UpdateProxyRequest>(asked[2]);
        Assert.Equal((new Proxy { Name = "proxies/up", Hops = { hops } }, new FieldMask { Paths = { "hops" } }), (update.Proxy, update.UpdateMask));
        File.Delete(file);
    }

    [Fact]
    public async Task AFileWithoutHops_IsAMistake()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "config: x");
        await using FakeServer server = await FakeServer.StartAsync();
        (int none, _, string missing) = await server.RunAsync("probe", "--hops", file);
        Assert.Equal(ExitCode.Usage, none);
        Assert.Contains("has no hops; write e.g.", missing, StringComparison.Ordinal);
        Assert.Empty(server.Calls);
        File.Delete(file);
    }

    [Fact]
    public async Task ConfigApply_OfADocumentWithFaults_SaysThemAll_AndAsksNothing()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "devices:\n  - nam: x\n    addresses: 5\nproxys: []\n");
        await using FakeServer server = await FakeServer.StartAsync();
        (int code, _, string error) = await server.RunAsync("config", "apply", file);
        Assert.Equal(ExitCode.Usage, code);
        Assert.All(["devices[0].nam: unknown field", "devices[0].addresses: is not a list (line 3)", "proxys: unknown field"],
            fault => Assert.Contains(fault, error, StringComparison.Ordinal));
        Assert.Empty(server.Calls);
        (code, _, error) = await server.RunAsync("config", "apply", "/nonexistent.yaml");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("/nonexistent.yaml cannot be read", error, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task Yaml_IsReadBackAsTheSameMessage()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        Hop[] hops =
        [
            new() { Dnstruncate = new DnsTruncateHop() }, new() { Tls = new TlsHop { Sni = "", Alpn = { "h2" } } },
            new() { Shadowsocks = new ShadowsocksHop { Server = "[::1]:8388", Password = "007", Prefix = ByteString.CopyFromUtf8("HTTP/1.1 ") } },
            new() { Split = new SplitHop { Pieces = { new SplitHop.Types.Piece { Count = 3, Length = 5 } } } },
        ];
        Configuration configuration = new()
        {
            Proxies = { new Proxy { Name = "proxies/a", Config = "socks5://REDACTED@h:1\n\"x\"#" }, new Proxy { Name = "proxies/null", Config = "12" }, new Proxy { Name = "proxies/typed", Hops = { hops } } },
            Devices = { new Device { Name = "devices/tun0", Addresses = { "10.0.0.1/24", "fd77::1/64" }, Limits = new() { MaxBufferBytes = 1 << 21 } } },
        };
        server.Answers.Add(new GetConfigurationResponse { Configuration = configuration, Generation = 3 });
        (_, string yaml, _) = await server.RunAsync("config", "get", "-o", "yaml");
        Assert.Equal(configuration, Cli.Input.DocumentReader.Parse(yaml, "x"));
        (_, string text, _) = await server.RunAsync("config", "get");
        Assert.StartsWith("# generation 3\n", text, StringComparison.Ordinal);
        Assert.Equal(configuration, Cli.Input.DocumentReader.Parse(text, "x"));
        (_, string json, _) = await server.RunAsync("config", "get", "-o", "json");
        Assert.Equal(configuration, JsonParser.Default.Parse<Configuration>(json));
    }

    [Fact]
    public async Task Watch_PrintsALineForEachChange_OrADocument()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new WatchResourcesResponse { Start = new() { Epoch = "e", Sequence = 4 } });
        server.Answers.Add(new WatchResourcesResponse
        {
            Changed = new ResourceChange
            {
                Sequence = 5,
                Type = ResourceChange.Types.Type.Added,
                Name = "delegates/egress",
                Delegate = new() { Proxy = "proxies/a", Generation = 2, State = Protocol.V1.Delegate.Types.State.Ready },
            },
        });
        (_, string output, _) = await server.RunAsync("watch", "delegates", "--resume", "e:3");
        Assert.Equal("START     epoch e, after 4\nADDED     #5 delegates/egress READY -> proxies/a generation 2\n", output);
        Assert.Equal(3, Assert.IsType<WatchResourcesRequest>(server.Calls.Single().Request).ResumeFrom.Sequence);
        (_, output, _) = await server.RunAsync("watch", "-o", "yaml");
        Assert.Equal(2, output.Split("---\n").Length);
    }

    [Fact]
    public async Task SessionsWait_EndsWithTheLastTcpSession_OrWithItsTime()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        Assert.Equal(ExitCode.Ok, (await server.RunAsync("sessions", "wait", "--timeout", "60s")).Code);
        ListSessionsRequest asked = Assert.IsType<ListSessionsRequest>(Assert.Single(server.Calls).Request);
        Assert.Equal([SessionProtocol.Tcp], asked.Filter.Protocols);
        server.Answers.Add(new ListSessionsResponse { Sessions = { new Session() } });
        Assert.Equal(ExitCode.Ok, (await server.RunAsync("sessions", "wait", "--timeout", "300ms")).Code);
        Assert.True(server.Calls.Count > 2);
    }

    [Theory]
    [InlineData(HealthCheckResponse.Types.ServingStatus.Serving, ExitCode.Ok)]
    [InlineData(HealthCheckResponse.Types.ServingStatus.NotServing, ExitCode.Refused)]
    public async Task Health_IsTheExitCode(HealthCheckResponse.Types.ServingStatus status, int expected)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new HealthCheckResponse { Status = status });
        (int code, string output, _) = await server.RunAsync("health", "ready");
        Assert.Equal(expected, code);
        Assert.Equal($"{status}\n", output);
        Assert.Equal("ready", Assert.IsType<HealthCheckRequest>(server.Calls.Single().Request).Service);
    }

    [Fact]
    public async Task HealthWait_LooksForTheServerAnew()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving });
        using StringWriter output = new();
        try
        {
            Environment.SetEnvironmentVariable(ServerAddress.Variable, "unix:/nowhere/at/all.sock");
            Task<int> waiting = NetctlCommand.Create().Parse(["health", "ready", "--wait", "60s"]).InvokeAsync(
                new InvocationConfiguration { Output = output }, TestContext.Current.CancellationToken);
            Environment.SetEnvironmentVariable(ServerAddress.Variable, server.Address);
            Assert.Equal(ExitCode.Ok, await waiting);
        }
        finally
        {
            Environment.SetEnvironmentVariable(ServerAddress.Variable, null);
        }

        Assert.Equal("Serving\n", output.ToString());
    }

    [Theory]
    [InlineData(Finding.Types.Severity.Warning, "", ExitCode.Ok)]
    [InlineData(Finding.Types.Severity.Warning, "--fail-on=error", ExitCode.Ok)]
    [InlineData(Finding.Types.Severity.Warning, "--fail-on=warning", ExitCode.Refused)]
    [InlineData(Finding.Types.Severity.Error, "", ExitCode.Ok)]
    [InlineData(Finding.Types.Severity.Error, "--fail-on=error", ExitCode.Refused)]
    [InlineData(Finding.Types.Severity.Error, "--fail-on=warning", ExitCode.Refused)]
    public async Task Diagnose_FailsOnWhatItIsTold(Finding.Types.Severity found, string option, int expected)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Answers.Add(new DiagnoseRoutingResponse { Checks = 3, Findings = { new Finding { Severity = found, Code = "RULE_MISSING" } } });
        (int code, string output, _) = await server.RunAsync([.. ((string[])["diagnose", option]).Where(word => word.Length > 0)]);
        Assert.Equal(expected, code);
        Assert.Contains("RULE_MISSING", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_Once_PrintsTheSessions_EvenIntoAPipe()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        Session session = new()
        {
            Name = "devices/tun0/sessions/9",
            Device = "devices/tun0",
            Delegate = "delegates/egress",
            Proxy = "proxies/a",
            Protocol = SessionProtocol.Tcp,
            Source = "10.77.0.1:40000",
            Destination = "198.18.0.1:443",
            OpenTime = Timestamp.FromDateTime(DateTime.UtcNow),
            BytesSent = 2048,
        };
        server.Answers.Add(new StreamSessionEventsResponse { Snapshot = new SessionSnapshot { Sessions = { session } } });
        server.Answers.Add(new StreamSessionEventsResponse { SnapshotEnd = new SnapshotEnd() });
        (int code, string output, string error) = await server.RunAsync("top", "--once", "--interval", "50ms");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("1 live", output, StringComparison.Ordinal);
        Assert.Contains("tun0/9", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", output, StringComparison.Ordinal);
    }
}
