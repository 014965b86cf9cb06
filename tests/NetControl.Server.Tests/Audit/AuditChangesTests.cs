using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine;
using NetControl.Protocol.V1;
using NetControl.Server.Audit;
using NetControl.Testing;
using AuditChange = NetControl.Protocol.V1.AuditChange;

namespace NetControl.Server.Tests.Audit;

public sealed class AuditChangesTests
{
    [Fact]
    public async Task EveryKindOfMutation_IsOneRecord_WithWhatWasAndWhatIs()
    {
        await using TestServer server = await TestServer.StartAsync();
        PolicyService.PolicyServiceClient policies = new(server.Channel);
        await Expect(server, "CreateProxy", () => server.Proxies.CreateProxyAsync(new CreateProxyRequest
        {
            ProxyId = "new",
            Proxy = new Proxy { Config = "socks5://u:hunter2@192.0.2.9:1080" },
        }).ResponseAsync, Added("proxies/new", after => after.Proxy.Config, "socks5://REDACTED@192.0.2.9:1080"));
        await Expect(server, "UpdateProxy", () => server.Proxies.UpdateProxyAsync(new UpdateProxyRequest
        {
            Proxy = new Proxy { Name = "proxies/new", Config = "socks5://v:hunter3@192.0.2.10:1080" },
        }).ResponseAsync, Changed("proxies/new", r => r.Proxy.Config, "socks5://REDACTED@192.0.2.9:1080", "socks5://REDACTED@192.0.2.10:1080"));
        await Expect(server, "CreateDelegate", () => server.Delegates.CreateDelegateAsync(new CreateDelegateRequest
        {
            DelegateId = "d",
            Delegate = new Protocol.V1.Delegate { Proxy = "proxies/a" },
        }).ResponseAsync, Added("delegates/d", after => after.Delegate.Proxy, "proxies/a"));
        await Expect(server, "SwapDelegate", () => server.Delegates.SwapDelegateAsync(new SwapDelegateRequest
        {
            Name = "delegates/d",
            Proxy = "proxies/new",
        }).ResponseAsync, Changed("delegates/d", r => $"{r.Delegate.Proxy} {r.Delegate.Generation}", "proxies/a 1", "proxies/new 2"));
        await Expect(server, "DeleteDelegate", () => server.Delegates.DeleteDelegateAsync(
            new DeleteDelegateRequest { Name = "delegates/d" }).ResponseAsync, Removed("delegates/d", r => r.Delegate.Proxy, "proxies/new"));
        await Expect(server, "DeleteProxy", () => server.Proxies.DeleteProxyAsync(
            new DeleteProxyRequest { Name = "proxies/new" }).ResponseAsync, Removed("proxies/new", r => r.Proxy.Name, "proxies/new"));
        await Expect(server, "CreatePolicy", () => policies.CreatePolicyAsync(new CreatePolicyRequest
        {
            PolicyId = "p",
            Policy = new Policy { DefaultAction = PolicyAction.Deny },
        }).ResponseAsync, Added("policies/p", r => $"{r.Policy.DefaultAction}", "Deny"));
        await Expect(server, "UpdatePolicy", () => policies.UpdatePolicyAsync(new UpdatePolicyRequest
        {
            Policy = new Policy { Name = "policies/p", DefaultAction = PolicyAction.Allow },
        }).ResponseAsync, Changed("policies/p", r => $"{r.Policy.DefaultAction}", "Deny", "Allow"));
        await Expect(server, "DeletePolicy", () => policies.DeletePolicyAsync(
            new DeletePolicyRequest { Name = "policies/p" }).ResponseAsync, Removed("policies/p", r => $"{r.Policy.DefaultAction}", "Allow"));
        await Expect(server, "CreateDevice", () => server.Devices.CreateDeviceAsync(new CreateDeviceRequest
        {
            DeviceId = "tun1",
            Device = new Device { Addresses = { "10.78.0.1/24" } },
        }).ResponseAsync, Added("devices/tun1", r => $"{r.Device.State} {r.Device.Addresses}", "Blocked [ \"10.78.0.1/24\" ]"));
        await Expect(server, "UpdateDevice", () => server.Devices.UpdateDeviceAsync(new UpdateDeviceRequest
        {
            Device = new Device { Name = "devices/tun1", Mtu = 1400 },
        }).ResponseAsync, Changed("devices/tun1", r => $"{r.Device.Mtu}", "0", "1400"));
        await Expect(server, "AttachStreamDialer", () => server.Devices.AttachStreamDialerAsync(new AttachStreamDialerRequest
        {
            Name = "devices/tun1",
            StreamDialer = "proxies/a",
        }).ResponseAsync, Changed("devices/tun1", r => r.Device.StreamDialer, "", "proxies/a"));
        await Expect(server, "AttachPacketProxy", () => server.Devices.AttachPacketProxyAsync(new AttachPacketProxyRequest
        {
            Name = "devices/tun1",
            PacketProxy = "delegates/egress",
        }).ResponseAsync, Changed("devices/tun1", r => r.Device.PacketProxy, "", "delegates/egress"));
        await Expect(server, "DrainDevice", () => server.Devices.DrainDeviceAsync(new DrainDeviceRequest { Name = "devices/tun1" }).ResponseAsync,
            Changed("devices/tun1", r => $"{r.Device.State}", "Ready", "Draining"));
        await Expect(server, "ResumeDevice", () => server.Devices.ResumeDeviceAsync(new ResumeDeviceRequest { Name = "devices/tun1" }).ResponseAsync,
            Changed("devices/tun1", r => $"{r.Device.State}", "Draining", "Ready"));
        await Expect(server, "DetachStreamDialer", () => server.Devices.DetachStreamDialerAsync(
            new DetachStreamDialerRequest { Name = "devices/tun1" }).ResponseAsync,
            Changed("devices/tun1", r => r.Device.StreamDialer, "proxies/a", ""));
        await Expect(server, "DetachPacketProxy", () => server.Devices.DetachPacketProxyAsync(
            new DetachPacketProxyRequest { Name = "devices/tun1" }).ResponseAsync,
            Changed("devices/tun1", r => r.Device.PacketProxy, "delegates/egress", ""));
        await Expect(server, "DeleteDevice", () => server.Devices.DeleteDeviceAsync(new DeleteDeviceRequest { Name = "devices/tun1" }).ResponseAsync,
            Removed("devices/tun1", r => $"{r.Device.Mtu}", "1400"));
        ApplyConfigurationResponse applied = null!;
        ApplyConfigurationRequest two = new()
        {
            Configuration = new Protocol.V1.Configuration
            {
                Proxies = { new Proxy { Name = "proxies/x", Config = "socks5://w:hunter4@192.0.2.1:1" }, new Proxy { Name = "proxies/b", Config = "socks5://192.0.2.2:1" } },
            },
            ConfirmTimeout = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        };
        await Expect(server, "ApplyConfiguration", async () => applied = await server.Configuration.ApplyConfigurationAsync(two),
            Changed("proxies/b", r => r.Proxy.Config, "", "socks5://192.0.2.2:1"), Added("proxies/x", r => r.Proxy.Config, "socks5://REDACTED@192.0.2.1:1"));
        await Expect(server, "RevertConfiguration", async () => await server.Configuration.RevertConfigurationAsync(
            new RevertConfigurationRequest { ConfirmationId = applied.PendingConfirmation.ConfirmationId }),
            Changed("proxies/b", r => r.Proxy.Config, "socks5://192.0.2.2:1", ""), Removed("proxies/x", r => r.Proxy.Name, "proxies/x"));
        await Expect(server, "ApplyConfiguration", async () => applied = await server.Configuration.ApplyConfigurationAsync(two), null);
        await Expect(server, "ConfirmConfiguration", async () => await server.Configuration.ConfirmConfigurationAsync(
            new ConfirmConfigurationRequest { ConfirmationId = applied.PendingConfirmation.ConfirmationId }));
        server.Test.Engine.Open();
        await Expect(server, "CloseSessions", () => server.Sessions.CloseSessionsAsync(new CloseSessionsRequest { All = true }).ResponseAsync);
    }

    [Fact]
    public async Task DryRun_Refusal_AndRepetition_HaveNoChanges()
    {
        await using TestServer server = await TestServer.StartAsync();
        CreateProxyRequest request = new() { ProxyId = "new", ValidateOnly = true, RequestId = Guid.NewGuid().ToString() };
        await Expect(server, "CreateProxy", () => server.Proxies.CreateProxyAsync(request).ResponseAsync);
        request.ValidateOnly = false;
        await Expect(server, "CreateProxy", () => server.Proxies.CreateProxyAsync(request).ResponseAsync, Added("proxies/new", r => r.Proxy.Name, "proxies/new"));
        await Expect(server, "CreateProxy", () => server.Proxies.CreateProxyAsync(request).ResponseAsync);
        await Expect(server, "DeleteProxy", () => RichError.OfAsync(
            () => server.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/a" }).ResponseAsync));
        IReadOnlyList<StreamAuditRecordsResponse> all = await AuditReader.RememberedAsync(server.Channel, new StreamAuditRecordsRequest());
        Assert.Equal(
            [("OK", "", true), ("OK", "", false), ("OK", "", false), ("FAILED_PRECONDITION", "RESOURCE_IN_USE", false)],
            all.Select(m => (m.Record.Code, m.Record.Reason, m.Record.ValidateOnly)));
    }

    [Fact]
    public async Task UnconfirmedConfiguration_IsTakenBackBySystem()
    {
        ManualTimeProvider time = new();
        using TestPlane test = await TestPlane.WithDeviceAsync(time: time);
        TaskCompletionSource<SystemMutation> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        test.Plane.OnSystemMutation = told.SetResult;
        DesiredState wish = new() { Proxies = [new ProxyDraft { Name = "proxies/x", Config = "socks5://u:hunter2@192.0.2.1:1" }] };
        await test.Plane.Configuration.ApplyAsync(
            new ControlPlane.Configurations.ApplyRequest(wish) { ConfirmTimeout = TimeSpan.FromSeconds(10) }, MutationContext.Internal);
        time.Advance(TimeSpan.FromSeconds(11));
        AuditRecord record = Audited(await told.Task.WaitAsync(TimeSpan.FromSeconds(30)), time);
        Assert.Equal((AuditCause.UnconfirmedReverted, "system", "system", "OK"), (record.Cause, record.Caller.Identity, record.Caller.Method, record.Code));
        AuditChange change = Assert.Single(record.Changes);
        Assert.Equal(("proxies/x", "socks5://REDACTED@192.0.2.1:1", (AuditedResource?)null), (change.Resource, change.Before.Proxy.Config, change.After));
        Assert.DoesNotContain("hunter", record.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedDevice_ThatOpensLate_IsToldBySystem()
    {
        ManualTimeProvider time = new();
        RecordingStore store = new();
        using (await TestPlane.WithDeviceAsync(store: store))
        {
        }

        FakeEngine engine = new() { OpenFails = _ => new EngineException(EngineError.InterfaceBusy, "somebody has it") };
        using TestPlane test = new(time: time, store: store, engine: engine);
        TaskCompletionSource<SystemMutation> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        test.Plane.OnSystemMutation = told.SetResult;
        test.Plane.Restore();
        engine.OpenFails = null;
        for (int i = 0; i < 300 && !told.Task.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(told.Task, Task.Delay(100));
        }

        AuditRecord record = Audited(await told.Task, time);
        Assert.Equal((AuditCause.DeviceReopened, "system"), (record.Cause, record.Caller.Identity));
        AuditChange change = Assert.Single(record.Changes);
        Assert.Equal(("devices/tun0", Device.Types.State.Failed, Device.Types.State.Ready),
            (change.Resource, change.Before.Device.State, change.After.Device.State));
    }

    [Fact]
    public async Task ConfigurationFile_AtTheStartAndAfterSighup_IsAppliedBySystem()
    {
        string path = Path.GetTempFileName();
        try
        {
            using TestPlane test = new();
            AuditLog log = new(null, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            await File.WriteAllTextAsync(path, "proxies: [{name: proxies/a, config: \"socks5://u:hunter2@192.0.2.1:1\"}]");
            Server.Configuration.ServerConfiguration first = Server.Configuration.ConfigurationLoader.LoadFile(path);
            Server.Hosting.ConfigurationFile file = new(path, first, test.Plane, new Server.Metrics.ControlMetrics(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
                mutation => log.Write(mutation, TimeProvider.System));
            await file.ApplyAsync(first);
            await File.WriteAllTextAsync(path, "proxies: [{name: proxies/a, config: \"socks5://192.0.2.2:1\"}]");
            await file.ReloadAsync();
            await File.WriteAllTextAsync(path, "proxies: [{nane: proxies/a}]");
            await file.ReloadAsync();
            List<AuditEntry> entries = [];
            log.Recent.Read(0, 10, entries);
            Assert.Equal(
                [
                    (SystemCause.StartupFile, "OK", "", "- socks5://REDACTED@192.0.2.1:1"),
                    (SystemCause.ReloadedFile, "OK", "", "socks5://REDACTED@192.0.2.1:1 socks5://192.0.2.2:1"),
                    (SystemCause.ReloadedFile, "InvalidArgument", "INVALID_ARGUMENT", ""),
                ],
                entries.Select(e => (e.Cause!.Value, e.Code.ToString(), e.Reason, string.Join(' ', e.Changes.Select(c =>
                    $"{((Proxy?)c.Before)?.Config ?? "-"} {((Proxy?)c.After)?.Config ?? "-"}"))))
                    .Select(e => e with { Item2 = e.Item2 == "OK" ? "OK" : e.Item2 }));
            Assert.All(entries, e => Assert.Contains(path, e.Why, StringComparison.Ordinal));
            log.Dispose();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void ChangeAfterItsCallWasGivenUp_GetsALineOfItsOwn()
    {
        List<Server.Audit.AuditChange> late = [];
        AuditTrail trail = new(late.Add);
        trail.Add("proxies/a", null, new Proxy());
        Assert.Single(trail.Close());
        trail.Add("proxies/b", null, new Proxy());
        Assert.Equal(["proxies/b"], late.Select(c => c.Resource));
    }

    private static AuditRecord Audited(SystemMutation mutation, TimeProvider time)
    {
        using AuditLog log = new(null, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        log.Write(mutation, time);
        List<AuditEntry> entries = [];
        Assert.Equal(1, log.Recent.Read(0, 10, entries));
        return Server.Mapping.AuditMapping.ToMessage(Assert.Single(entries), 1);
    }

    private static Action<AuditChange> Added(string name, Func<AuditedResource, string> of, string after) => change =>
    {
        Assert.Equal((name, (AuditedResource?)null), (change.Resource, change.Before));
        Assert.Equal(after, of(change.After));
    };

    private static Action<AuditChange> Changed(string name, Func<AuditedResource, string> of, string before, string after) => change =>
        Assert.Equal((name, before, after), (change.Resource, of(change.Before), of(change.After)));

    private static Action<AuditChange> Removed(string name, Func<AuditedResource, string> of, string before) => change =>
    {
        Assert.Equal((name, (AuditedResource?)null), (change.Resource, change.After));
        Assert.Equal(before, of(change.Before));
    };

    // Null for the changes: any.
    private static async Task Expect(TestServer server, string method, Func<Task> call, params Action<AuditChange>[]? changes)
    {
        using AuditReader reader = await AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest());
        await call();
        StreamAuditRecordsResponse message = await reader.NextAsync();
        Assert.True(message.Record.Sequence > reader.Start.Sequence);
        Assert.EndsWith($"Service/{method}", message.Record.Method, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", JsonFormatter.Default.Format(message), StringComparison.Ordinal);
        if (changes is not null)
        {
            Assert.Collection(message.Record.Changes, changes);
        }
    }
}
