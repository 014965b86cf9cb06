using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Services;

public sealed class ConfigurationServiceTests
{
    [Fact]
    public async Task GetThenApply_IsNoChange_AndTheDocumentHasNoSecretAndNoStatus()
    {
        await using TestServer server = await TestServer.StartAsync();
        GetConfigurationResponse read = await server.Configuration.GetConfigurationAsync(new GetConfigurationRequest());
        string json = JsonFormatter.Default.Format(read.Configuration);
        Assert.DoesNotContain("secret", json, StringComparison.Ordinal);
        Assert.DoesNotContain("etag", json, StringComparison.Ordinal);
        Assert.DoesNotContain("STATE_", json, StringComparison.Ordinal);
        ApplyConfigurationResponse applied = await server.Configuration.ApplyConfigurationAsync(new ApplyConfigurationRequest
        {
            Configuration = read.Configuration,
            Prune = true,
            BaseGeneration = read.Generation,
        });
        Assert.Equal((0, read.Generation), (applied.Steps.Count, applied.Generation));
    }

    [Fact]
    public async Task GetThenApply_IsNoChange_AlsoAfterRemovalsByForce_AndHoweverAPolicyWasSpelled()
    {
        await using TestServer server = await TestServer.StartAsync();
        Policy policy = new()
        {
            Rules =
            {
                new PolicyRule { Id = "r", Action = PolicyAction.Route, Target = "proxies/b", Sources = { "10.0.0.1" }, Ports = { "80-80" } },
                new PolicyRule { Id = "n", Action = PolicyAction.Deny, Destinations = { "FD00:0::/8" } },
            },
        };
        await server.Policies.CreatePolicyAsync(new CreatePolicyRequest { PolicyId = "p", Policy = policy });
        await server.Policies.CreatePolicyAsync(new CreatePolicyRequest { PolicyId = "gone" });
        await server.Devices.UpdateDeviceAsync(new UpdateDeviceRequest { Device = new Device { Name = "devices/tun0", Policy = "policies/gone" } });
        await server.Devices.DrainDeviceAsync(new DrainDeviceRequest { Name = "devices/tun0" });
        await ExpectNoChangeAsync(server);
        await server.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/a", Force = true });
        await server.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/b", Force = true });
        await server.Policies.DeletePolicyAsync(new DeletePolicyRequest { Name = "policies/gone", Force = true });
        Protocol.V1.Configuration document = await ExpectNoChangeAsync(server);
        Assert.Equal(("", "proxies/b", "policies/gone"),
            (document.Delegates[0].Proxy, document.Policies[0].Rules[0].Target, document.Devices[0].Policy));

        // A rule may still change beside the one that leads to what is gone.
        policy.Name = "policies/p";
        policy.Rules.RemoveAt(1);
        await server.Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = policy });
        await ExpectNoChangeAsync(server);

        // What is so may be said; it may not be made so.
        document.Delegates.Add(new Protocol.V1.Delegate { Name = "delegates/new" });
        document.Policies.Add(new Policy { Name = "policies/new", Rules = { policy.Rules[0] } });
        document.Devices.Add(new Device { Name = "devices/new", Policy = "policies/gone" });
        RichError made = await RichError.OfAsync(
            () => server.Configuration.ApplyConfigurationAsync(new ApplyConfigurationRequest { Configuration = document }).ResponseAsync);
        Assert.Equal(["delegates[1].proxy", "policies[1].rules[0].target", "devices[1].policy"], made.Fields);
    }

    [Fact]
    public async Task Apply_PlansThenDoes_AndRepeatsItsAnswer()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Open();
        ApplyConfigurationRequest request = new()
        {
            Configuration = new Protocol.V1.Configuration { Proxies = { new Proxy { Name = "proxies/only" } } },
            Prune = true,
            ValidateOnly = true,
            RequestId = Guid.NewGuid().ToString(),
        };
        ApplyConfigurationResponse plan = await server.Configuration.ApplyConfigurationAsync(request);
        Assert.Equal(
            ["ADD proxies/only 0", "DELETE devices/tun0 1", "DELETE delegates/egress 0", "DELETE proxies/a 0", "DELETE proxies/b 0"],
            plan.Steps.Select(s => $"{(s.Action == PlanStep.Types.Action.Create ? "ADD" : "DELETE")} {s.Name} {s.SessionsDisrupted}"));
        Assert.Equal(1, server.Test.Engine.LiveCount);
        request.ValidateOnly = false;
        ApplyConfigurationResponse done = await server.Configuration.ApplyConfigurationAsync(request);
        Assert.Equal(plan, done);
        Assert.Equal(done, await server.Configuration.ApplyConfigurationAsync(request));
    }

    [Fact]
    public async Task Apply_OnAnotherGeneration_IsAborted_AndAListenSectionIsRefused()
    {
        await using TestServer server = await TestServer.StartAsync();
        RichError old = await RichError.OfAsync(() => server.Configuration.ApplyConfigurationAsync(
            new ApplyConfigurationRequest { BaseGeneration = 1 }).ResponseAsync);
        Assert.Equal((StatusCode.Aborted, "GENERATION_MISMATCH"), (old.Code, old.Reason));
        RichError listen = await RichError.OfAsync(() => server.Configuration.ApplyConfigurationAsync(
            new ApplyConfigurationRequest { Configuration = new Protocol.V1.Configuration { Listen = new Listen() } }).ResponseAsync);
        Assert.Equal(["configuration.listen"], listen.Fields);
    }

    [Fact]
    public async Task Pending_BlocksChanges_UntilReverted()
    {
        await using TestServer server = await TestServer.StartAsync();
        ApplyConfigurationResponse applied = await server.Configuration.ApplyConfigurationAsync(new ApplyConfigurationRequest
        {
            Configuration = new Protocol.V1.Configuration { Proxies = { new Proxy { Name = "proxies/new" } } },
            ConfirmTimeout = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        });
        RichError refused = await RichError.OfAsync(
            () => server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "x" }).ResponseAsync);
        Assert.Equal((StatusCode.FailedPrecondition, "CONFIRMATION_PENDING"), (refused.Code, refused.Reason));
        string id = applied.PendingConfirmation.ConfirmationId;
        Assert.Equal(id, (await server.Configuration.GetConfigurationAsync(new GetConfigurationRequest())).PendingConfirmation.ConfirmationId);
        await server.Configuration.RevertConfigurationAsync(new RevertConfigurationRequest { ConfirmationId = id });
        Assert.Equal(2, (await server.Proxies.ListProxiesAsync(new ListProxiesRequest())).Proxies.Count);
        await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "x" });
    }

    [Fact]
    public async Task Watch_GivesASnapshotThenEveryChange_AndEndsWithTheServer()
    {
        await using TestServer server = await TestServer.StartAsync();
        using AsyncServerStreamingCall<WatchResourcesResponse> call = server.Configuration.WatchResources(new WatchResourcesRequest());
        List<WatchResourcesResponse> seen = await ReadUntilAsync(call, m => m.SnapshotEnd is not null);
        Assert.NotNull(seen[0].Start);
        Assert.Equal(["proxies/a", "proxies/b", "delegates/egress", "devices/tun0"], seen[1..^1].Select(m => m.Changed.Name));
        await server.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = "delegates/egress", Proxy = "proxies/b" });
        await server.Devices.DeleteDeviceAsync(new DeleteDeviceRequest { Name = "devices/tun0" });
        seen = await ReadUntilAsync(call, m => m.Changed?.Type == ResourceChange.Types.Type.Removed);
        ResourceChange swapped = seen.Select(m => m.Changed).First(c => c.Name == "delegates/egress");
        Assert.Equal((ResourceChange.Types.Type.Modified, "proxies/b", 2), (swapped.Type, swapped.Delegate.Proxy, swapped.Delegate.Generation));
        Assert.Contains(seen, m => m.Changed is { Name: "proxies/a", Type: ResourceChange.Types.Type.Status });
        await server.Test.Plane.ShutdownAsync();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
        }
    }

    [Fact]
    public async Task Watch_OfNames_TellsThoseAndNoOthers()
    {
        await using TestServer server = await TestServer.StartAsync();
        using AsyncServerStreamingCall<WatchResourcesResponse> call = server.Configuration.WatchResources(
            new WatchResourcesRequest { Names = { "delegates/egress", "proxies/eu-*" } });
        List<WatchResourcesResponse> seen = await ReadUntilAsync(call, m => m.SnapshotEnd is not null);
        Assert.Equal(["delegates/egress"], seen.Where(m => m.Changed is not null).Select(m => m.Changed.Name));
        await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "us-1" });
        await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "eu-1" });
        seen = await ReadUntilAsync(call, m => m.Changed is not null);
        Assert.Equal("proxies/eu-1", seen[^1].Changed.Name);

        using AsyncServerStreamingCall<WatchResourcesResponse> refused = server.Configuration.WatchResources(
            new WatchResourcesRequest { Collections = { "devices" }, Names = { "egress", "delegates/", "proxies/EU*", "delegates/e*" } });
        RichError error = await RichError.OfAsync(() => refused.ResponseStream.MoveNext());
        Assert.Equal(["names[0]", "names[1]", "names[2]", "names[3]"], error.Fields);
    }

    [Fact]
    public async Task Watch_Resumed_GoesOnOrStartsAgain()
    {
        await using TestServer server = await TestServer.StartAsync();
        WatchResourcesResponse.Types.Start start;
        using (AsyncServerStreamingCall<WatchResourcesResponse> call = server.Configuration.WatchResources(new WatchResourcesRequest()))
        {
            start = (await ReadUntilAsync(call, m => m.SnapshotEnd is not null))[0].Start;
        }

        await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "late" });
        WatchResourcesRequest resume = new()
        {
            Collections = { "proxies" },
            ResumeFrom = new WatchResourcesRequest.Types.ResumePoint { Epoch = start.Epoch, Sequence = start.Sequence },
        };
        using (AsyncServerStreamingCall<WatchResourcesResponse> call = server.Configuration.WatchResources(resume))
        {
            List<WatchResourcesResponse> seen = await ReadUntilAsync(call, m => m.Changed is not null);
            Assert.Equal(("proxies/late", ResourceChange.Types.Type.Added), (seen[^1].Changed.Name, seen[^1].Changed.Type));
            Assert.Equal(2, seen.Count);
        }

        resume.ResumeFrom.Epoch = "another";
        using (AsyncServerStreamingCall<WatchResourcesResponse> call = server.Configuration.WatchResources(resume))
        {
            List<WatchResourcesResponse> seen = await ReadUntilAsync(call, m => m.SnapshotEnd is not null);
            Assert.NotNull(seen[1].Relist);
            Assert.Equal(3, seen.Count(m => m.Changed is not null));
        }
    }

    [Fact]
    public async Task Device_IsUpdatedDrainedAndResumed()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Open();
        RichError live = await RichError.OfAsync(() => server.Devices.UpdateDeviceAsync(new UpdateDeviceRequest
        {
            Device = new Device { Name = "devices/tun0", Interface = "wire0" },
        }).ResponseAsync);
        Assert.Equal((StatusCode.FailedPrecondition, "RESOURCE_IN_USE"), (live.Code, live.Reason));
        RichError mask = await RichError.OfAsync(() => server.Devices.UpdateDeviceAsync(new UpdateDeviceRequest
        {
            Device = new Device { Name = "devices/tun0" },
            UpdateMask = new FieldMask { Paths = { "uid" } },
        }).ResponseAsync);
        Assert.Equal(["update_mask.paths[0]"], mask.Fields);
        Device updated = (await server.Devices.UpdateDeviceAsync(new UpdateDeviceRequest
        {
            Device = new Device { Name = "devices/tun0", StreamDialer = "proxies/b" },
            UpdateMask = new FieldMask { Paths = { "stream_dialer", "packet_proxy" } },
        })).Device;
        Assert.Equal(("proxies/b", "", 1), (updated.StreamDialer, updated.PacketProxy, server.Test.Engine.LiveCount));
        DrainDeviceResponse drained = await server.Devices.DrainDeviceAsync(
            new DrainDeviceRequest { Name = "devices/tun0", Timeout = Duration.FromTimeSpan(TimeSpan.FromHours(1)) });
        Assert.Equal((Device.Types.State.Draining, 1), (drained.Device.State, drained.SessionsDraining));
        Assert.Null(server.Test.Engine.Open().Egress);
        Device resumed = (await server.Devices.ResumeDeviceAsync(new ResumeDeviceRequest { Name = "devices/tun0" })).Device;
        Assert.Equal(Device.Types.State.Ready, resumed.State);
        Assert.Equal("proxies/b", server.Test.Engine.Open().Egress!.ProxyName);
        await server.Devices.DrainDeviceAsync(new DrainDeviceRequest { Name = "devices/tun0", Timeout = new Duration() });
        await WaitAsync(() => server.Test.Engine.LiveCount == 0);
    }

    [Fact]
    public async Task Conditions_SayWhatIsSo_SinceWhen_AndWatchersAreTold()
    {
        await using TestServer server = await TestServer.StartAsync();
        using AsyncServerStreamingCall<WatchResourcesResponse> watch = server.Configuration.WatchResources(new WatchResourcesRequest());
        List<WatchResourcesResponse> seen = await ReadUntilAsync(watch, m => m.SnapshotEnd is not null);
        Device begin = seen.Select(m => m.Changed?.Device).OfType<Device>().Single();
        Assert.Equal(["Ready PASSES_TRAFFIC", "Attached STREAMS_AND_PACKETS", "not Degraded AS_WISHED"], Words(begin.Conditions));
        Assert.All(begin.Conditions, c => Assert.Equal(begin.CreateTime, c.LastTransitionTime));
        await server.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/a", Force = true });

        // Nobody changed the device, but it is blocked now: its etag is the same, and the stream says so.
        seen = await ReadUntilAsync(watch, m => m.Changed?.Device is not null);
        ResourceChange told = seen[^1].Changed;
        Assert.Equal((ResourceChange.Types.Type.Status, begin.Etag), (told.Type, told.Device.Etag));
        Device blocked = (await server.Devices.GetDeviceAsync(new GetDeviceRequest { Name = "devices/tun0" })).Device;
        Assert.Equal(told.Device, blocked);
        Assert.Equal(["not Ready NO_PROXY", "not Attached NOTHING_USABLE", "not Degraded AS_WISHED"], Words(blocked.Conditions));
        Assert.True(blocked.Conditions[0].LastTransitionTime.ToDateTime() > begin.Conditions[0].LastTransitionTime.ToDateTime());
        Assert.Equal(begin.Conditions[2], blocked.Conditions[2]);
        Protocol.V1.Delegate egress = (await server.Delegates.GetDelegateAsync(new GetDelegateRequest { Name = "delegates/egress" })).Delegate;
        Assert.Equal(["not Ready NO_PROXY", "not Draining NO_DEADLINE", "not Healthy NO_PROXY"], Words(egress.Conditions));
        Assert.Equal(["not InUse UNUSED"], Words((await server.Proxies.GetProxyAsync(new GetProxyRequest { Name = "proxies/b" })).Proxy.Conditions));
        SwapDelegateResponse swap = await server.Delegates.SwapDelegateAsync(new SwapDelegateRequest
        {
            Name = "delegates/egress",
            Proxy = "proxies/b",
            Existing = ExistingSessions.Drain,
            DrainTimeout = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        });
        egress = (await server.Delegates.GetDelegateAsync(new GetDelegateRequest { Name = "delegates/egress" })).Delegate;
        Assert.Equal(["Ready POINTS_AT_PROXY", "Draining OLDER_SESSIONS", "maybe Healthy NOTHING_HEARD"], Words(egress.Conditions));
        Assert.Equal(swap.Delegate.State, egress.State);
        Assert.Equal(["InUse USED"], Words((await server.Proxies.GetProxyAsync(new GetProxyRequest { Name = "proxies/b" })).Proxy.Conditions));
        await server.Devices.UpdateDeviceAsync(new UpdateDeviceRequest { Device = new Device { Name = "devices/tun0", KillSwitch = true } });
        Device half = (await server.Devices.DetachPacketProxyAsync(new DetachPacketProxyRequest { Name = "devices/tun0" })).Device;
        Assert.Equal(
            ["Ready PASSES_TRAFFIC", "not Attached NO_PACKET_PROXY", "not Degraded AS_WISHED", "KillSwitchArmed ROUTES_GUARDED"],
            Words(half.Conditions));
    }

    [Fact]
    public async Task Device_Limits_ReachTheEngineInPlace_AndReadBack()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Open();
        DeviceLimits limits = new()
        {
            MaxTcpSessions = 1,
            MaxUdpSessions = 2,
            MaxHalfOpen = 3,
            MaxBufferBytes = 4 << 20,
            MaxReassemblyBytes = 5 << 20,
            MaxSessionsPerSource = 6,
            MaxSessionsPerDestination = 7,
        };
        UpdateDeviceRequest request = new() { Device = new Device { Name = "devices/tun0", Limits = limits } };
        Assert.Equal(limits, (await server.Devices.UpdateDeviceAsync(request)).Device.Limits);
        Engine.Devices.DeviceLimits engine = server.Test.Engine.Devices.Single().Spec.Limits;
        Assert.Equal(
            (1, 2, 3, 4 << 20, 5 << 20, 6, 7),
            (engine.MaxTcpSessions, engine.MaxUdpSessions, engine.MaxHalfOpen, engine.MaxBufferBytes, engine.MaxReassemblyBytes,
                engine.MaxSessionsPerSource, engine.MaxSessionsPerDestination));
        limits.MaxSessionsPerSource = 20_000_000;
        Assert.Equal(["device.limits.max_sessions_per_source"],
            (await RichError.OfAsync(() => server.Devices.UpdateDeviceAsync(request).ResponseAsync)).Fields);
    }

    [Fact]
    public async Task Accounting_AddsUp()
    {
        await using TestServer server = await TestServer.StartAsync();
        ulong gone = server.Test.Engine.Open().Id;
        ulong live = server.Test.Engine.Open().Id;
        server.Test.Engine.Move(gone, 10, 20);
        server.Test.Engine.Move(live, 1, 2);
        server.Test.Engine.Close(gone);
        AccountingRow row = Assert.Single((await server.Sessions.GetAccountingAsync(new GetAccountingRequest())).Rows);
        Assert.Equal((2, 1, 1), (row.Opened, Assert.Single(row.Closed).Count, row.Live));
        Assert.Equal((11, 22, 1, 2), (row.BytesSent, row.BytesReceived, row.LiveBytesSent, row.LiveBytesReceived));
        Assert.Equal(("devices/tun0", "delegates/egress", 4u), (row.Device, row.Delegate, row.IpVersion));
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static string[] Words(IEnumerable<Condition> conditions) =>
        [.. conditions.Select(c => $"{c.Status switch { Condition.Types.Status.True => "", Condition.Types.Status.False => "not ", _ => "maybe " }}{c.Type} {c.Reason}")];

    private static async Task<Protocol.V1.Configuration> ExpectNoChangeAsync(TestServer server)
    {
        GetConfigurationResponse read = await server.Configuration.GetConfigurationAsync(new GetConfigurationRequest());
        ApplyConfigurationResponse applied = await server.Configuration.ApplyConfigurationAsync(
            new ApplyConfigurationRequest { Configuration = read.Configuration, Prune = true, BaseGeneration = read.Generation });
        Assert.Equal((0, read.Generation), (applied.Steps.Count, applied.Generation));
        return read.Configuration;
    }

    private static async Task<List<WatchResourcesResponse>> ReadUntilAsync(
        AsyncServerStreamingCall<WatchResourcesResponse> call, Func<WatchResourcesResponse, bool> last)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        List<WatchResourcesResponse> seen = [];
        while (await call.ResponseStream.MoveNext(limit.Token))
        {
            seen.Add(call.ResponseStream.Current);
            if (last(seen[^1]))
            {
                break;
            }
        }

        return seen;
    }
}
