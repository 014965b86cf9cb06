using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NetControl.Engine.Sessions;
using NetControl.Protocol.V1;
using NetControl.Server.Tests.Gateway;

namespace NetControl.Server.Tests.Services;

public sealed class ListTests
{
    [Theory]
    [InlineData("", "", "devices/tun0 devices/tun1 devices/tun2")]
    [InlineData("state=READY", "", "devices/tun0")]
    [InlineData("state!=STATE_READY", "name desc", "devices/tun2 devices/tun1")]
    [InlineData("conditions.Ready=false AND conditions.Ready.reason=NO_PROXY", "", "devices/tun1 devices/tun2")]
    [InlineData("conditions.KillSwitchArmed:*", "", "devices/tun2")]
    [InlineData("uses:egress", "", "devices/tun0")]
    [InlineData("stream_dialer=delegates/* OR kill_switch=true", "", "devices/tun0 devices/tun2")]
    [InlineData("policy=\"\" AND NOT uses:*", "", "devices/tun1 devices/tun2")]
    [InlineData("routes:198.18.0.7", "", "devices/tun1")]
    [InlineData("routes:198.0.0.0/8", "", "")]
    [InlineData("addresses:*", "", "devices/tun0")]
    [InlineData("name=tun*", "mtu desc, name desc", "devices/tun1 devices/tun2 devices/tun0")]
    [InlineData("age<1h AND generation=1 AND create_time>2020-01-01", "generation", "devices/tun0 devices/tun1 devices/tun2")]
    [InlineData("age>1h", "", "")]
    public async Task Devices_AreFilteredAndOrdered(string filter, string order, string expected)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.Devices.CreateDeviceAsync(
            new CreateDeviceRequest { DeviceId = "tun1", Device = new Device { Mtu = 1400, Routes = { "198.18.0.0/15" } } });
        await server.Devices.CreateDeviceAsync(new CreateDeviceRequest { DeviceId = "tun2", Device = new Device { KillSwitch = true } });
        ListDevicesResponse page = await server.Devices.ListDevicesAsync(new ListDevicesRequest { Filter = filter, OrderBy = order });
        Assert.Equal(expected, string.Join(' ', page.Devices.Select(d => d.Name)));
        Assert.Equal((page.Devices.Count, ""), (page.TotalSize, page.NextPageToken));
    }

    [Theory]
    [InlineData("proxy=a", "delegates/egress delegates/many")]
    [InlineData("uses:proxies/b", "delegates/idle delegates/many")]
    [InlineData("proxies:b", "delegates/many")]
    [InlineData("used_by:devices/tun0", "delegates/egress")]
    [InlineData("NOT used_by:*", "delegates/idle delegates/many")]
    [InlineData("failover.mode=FIXED", "delegates/many")]
    [InlineData("health.state:UNKNOWN AND NOT health.state:UNHEALTHY AND name=e*", "delegates/egress")]
    [InlineData("last_failover.time:*", "")]
    [InlineData("conditions.Draining=true OR state=DRAINING", "")]
    public async Task Delegates_AreFiltered(string filter, string expected)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.Delegates.CreateDelegateAsync(new CreateDelegateRequest { DelegateId = "idle", Delegate = new() { Proxy = "proxies/b" } });
        await server.Delegates.CreateDelegateAsync(new CreateDelegateRequest
        {
            DelegateId = "many",
            Delegate = new() { Proxies = { "proxies/a", "proxies/b" }, Failover = new FailoverPolicy { Mode = FailoverPolicy.Types.Mode.Fixed } },
        });
        ListDelegatesResponse page = await server.Delegates.ListDelegatesAsync(new ListDelegatesRequest { Filter = filter });
        Assert.Equal(expected, string.Join(' ', page.Delegates.Select(d => d.Name)));
    }

    [Theory]
    [InlineData("hops:socks5", "proxies/a")]
    [InlineData("config:127.0.0.1", "proxies/a")]
    [InlineData("config:secret", "")]
    [InlineData("config=\"\" AND conditions.InUse=false AND state=idle", "proxies/b")]
    [InlineData("udp_idle_timeout=30s AND no_packets_reason=\"\"", "proxies/a proxies/b")]
    [InlineData("used_by:egress", "proxies/a")]
    public async Task Proxies_AreFiltered_AndTheirSecretsAreNotFound(string filter, string expected)
    {
        await using TestServer server = await TestServer.StartAsync();
        ListProxiesResponse page = await server.Proxies.ListProxiesAsync(new ListProxiesRequest { Filter = filter });
        Assert.Equal(expected, string.Join(' ', page.Proxies.Select(p => p.Name)));
    }

    [Theory]
    [InlineData("uses:egress", "policies/mail")]
    [InlineData("rules.action:DENY", "policies/strict")]
    [InlineData("rules.id:no-* AND default_action=POLICY_ACTION_DROP", "policies/strict")]
    [InlineData("default_hits=0", "policies/mail policies/strict")]
    [InlineData("used_by:*", "")]
    public async Task Policies_AreFiltered(string filter, string expected)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.Policies.CreatePolicyAsync(new CreatePolicyRequest
        {
            PolicyId = "mail",
            Policy = new Policy { Rules = { new PolicyRule { Id = "mail", Action = PolicyAction.Route, Target = "delegates/egress", Ports = { "25" } } } },
        });
        await server.Policies.CreatePolicyAsync(new CreatePolicyRequest
        {
            PolicyId = "strict",
            Policy = new Policy { DefaultAction = PolicyAction.Drop, Rules = { new PolicyRule { Id = "no-dns", Action = PolicyAction.Deny, Ports = { "53" } } } },
        });
        ListPoliciesResponse page = await server.Policies.ListPoliciesAsync(new ListPoliciesRequest { Filter = filter });
        Assert.Equal(expected, string.Join(' ', page.Policies.Select(p => p.Name)));
    }

    [Theory]
    [InlineData("destination=198.18.0.0/15 AND destination.port=80", "", "1 2")]
    [InlineData("destination=[fd99::1]:80", "", "3")]
    [InlineData("source!=10.77.0.0/24", "", "3")]
    [InlineData("proxy=a AND protocol=TCP", "", "1 3")]
    [InlineData("bytes_received>=20", "bytes_received desc", "3 2")]
    [InlineData("state=OPEN AND age<1h", "protocol desc, bytes_sent desc", "2 3 1")]
    [InlineData("dial_duration>1s OR policy_rule:*", "", "")]
    public async Task Sessions_AreFilteredAndOrdered(string expression, string order, string expected)
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Move(server.Test.Engine.Open().Id, 1, 10);
        server.Test.Engine.Move(server.Test.Engine.Open(protocol: Engine.Sessions.SessionProtocol.Udp).Id, 2, 20);
        server.Test.Engine.Move(server.Test.Engine.Open(v4: false).Id, 3, 30);
        ListSessionsResponse page = await server.Sessions.ListSessionsAsync(
            new ListSessionsRequest { Filter = new SessionFilter { Expression = expression }, OrderBy = order });
        Assert.Equal(expected, string.Join(' ', page.Sessions.Select(s => s.Name[^1])));
        Assert.Equal(page.Sessions.Count, page.TotalSize);
    }

    [Fact]
    public async Task Sessions_AreClosedByAnExpression()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Open();
        server.Test.Engine.Move(server.Test.Engine.Open().Id, 0, 500);
        CloseSessionsResponse closed = await server.Sessions.CloseSessionsAsync(
            new CloseSessionsRequest { Filter = new SessionFilter { Expression = "bytes_received>100" } });
        Assert.Equal((1, 1), (closed.Closed, server.Test.Engine.LiveCount));
        RichError error = await RichError.OfAsync(async () => await server.Sessions.CloseSessionsAsync(
            new CloseSessionsRequest { Filter = new SessionFilter { Expression = "bytes>100" } }));
        Assert.Equal((StatusCode.InvalidArgument, "filter.expression"), (error.Code, Assert.Single(error.Fields)));
    }

    // What moves while a session lives would let it be seen to end by those who never saw it begin.
    [Fact]
    public async Task Events_AreFilteredByWhatLasts_AndByNothingElse()
    {
        await using TestServer server = await TestServer.StartAsync();
        using AsyncServerStreamingCall<StreamSessionEventsResponse> call = server.Sessions.StreamSessionEvents(
            new StreamSessionEventsRequest { Filter = new SessionFilter { Expression = "destination=198.18.0.1 AND protocol=UDP" } });
        Assert.True(await call.ResponseStream.MoveNext());
        server.Test.Engine.Open();
        SessionInfo chosen = server.Test.Engine.Open(protocol: Engine.Sessions.SessionProtocol.Udp);
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal($"devices/tun0/sessions/s{chosen.Id}", Assert.Single(call.ResponseStream.Current.Events.Events).Session.Name);

        using AsyncServerStreamingCall<StreamSessionEventsResponse> refused = server.Sessions.StreamSessionEvents(
            new StreamSessionEventsRequest { Filter = new SessionFilter { Expression = "bytes_sent>1 OR state=OPEN" } });
        RichError error = await RichError.OfAsync(() => refused.ResponseStream.MoveNext());
        Assert.Equal(["filter.expression", "filter.expression"], error.Fields);
    }

    [Fact]
    public async Task APageToken_OfAnotherFilter_IsRefused_AndBothAreNamed()
    {
        await using TestServer server = await TestServer.StartAsync();
        ListProxiesRequest request = new() { Filter = "name=*", PageSize = 1 };
        request.PageToken = (await server.Proxies.ListProxiesAsync(request)).NextPageToken;
        Assert.Equal("proxies/b", Assert.Single((await server.Proxies.ListProxiesAsync(request)).Proxies).Name);
        request.Filter = "state=IDLE";
        RichError error = await RichError.OfAsync(async () => await server.Proxies.ListProxiesAsync(request));
        BadRequest.Types.FieldViolation violation = Assert.Single(RichError.Detail<BadRequest>(error.Status)!.FieldViolations);
        Assert.Equal(("page_token", "PAGE_TOKEN_MISMATCH"), (violation.Field, violation.Reason));
        Assert.Contains("\"name=*\"", violation.Description, StringComparison.Ordinal);
        Assert.Contains("\"state=IDLE\"", violation.Description, StringComparison.Ordinal);

        error = await RichError.OfAsync(async () => await server.Delegates.ListDelegatesAsync(new ListDelegatesRequest { PageToken = request.PageToken }));
        Assert.Equal("page_token", Assert.Single(error.Fields));
    }

    [Fact]
    public async Task EverythingThatIsWrong_IsToldAtOnce_OverGrpcAndJson()
    {
        await using TestServer server = await TestServer.StartAsync();
        ListDelegatesRequest request = new() { Filter = "sate=READY AND failover.mode=FAST", OrderBy = "age, size", PageSize = -1, PageToken = "x" };
        RichError error = await RichError.OfAsync(async () => await server.Delegates.ListDelegatesAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, error.Code);
        Assert.Equal(["page_size", "order_by", "page_token", "filter", "filter"], error.Fields);

        (int status, JsonElement body) = await server.JsonAsync("GET", "/v1/delegates?filter=sate%3DREADY&orderBy=size");
        Assert.Equal(400, status);
        Assert.Contains("did you mean state?", body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_HasFilterAndOrderInTheQuery()
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement body) = await server.JsonAsync("GET", "/v1/proxies?filter=name%3D*%20AND%20age%3C1h&order_by=name%20desc&page_size=1");
        Assert.Equal((200, "proxies/b", 2),
            (status, body.GetProperty("proxies")[0].GetProperty("name").GetString(), body.GetProperty("totalSize").GetInt32()));
        server.Test.Engine.Open();
        (status, body) = await server.JsonAsync("GET", "/v1/sessions?filter.expression=protocol%3DUDP");
        Assert.Equal((200, false), (status, body.TryGetProperty("sessions", out JsonElement sessions) && sessions.GetArrayLength() > 0));
    }

    [Fact]
    public async Task AReadMask_LeavesWhatItNames()
    {
        await using TestServer server = await TestServer.StartAsync();
        ListDevicesRequest request = new() { ReadMask = FieldMask.FromString("name,status.mtu,conditions") };
        Device device = Assert.Single((await server.Devices.ListDevicesAsync(request)).Devices);
        Assert.Equal(new Device { Name = "devices/tun0", Status = new DeviceStatus { Mtu = device.Status.Mtu }, Conditions = { device.Conditions } }, device);
        Assert.NotEmpty(device.Conditions);

        server.Test.Engine.Open();
        ListSessionsResponse sessions = await server.Sessions.ListSessionsAsync(new ListSessionsRequest { ReadMask = FieldMask.FromString("source") });
        Assert.Equal(new Session { Source = "10.77.0.1:2" }, Assert.Single(sessions.Sessions));
        (int status, JsonElement body) = await server.JsonAsync("GET", "/v1/proxies?read_mask=name,state");
        JsonElement proxy = body.GetProperty("proxies")[0];
        Assert.Equal((200, "proxies/a", "", ""),
            (status, proxy.GetProperty("name").GetString(), proxy.GetProperty("etag").GetString(), proxy.GetProperty("config").GetString()));
        request.ReadMask.Paths[1] = "status.mtus";
        request.Filter = "mtus=1";
        RichError error = await RichError.OfAsync(async () => await server.Devices.ListDevicesAsync(request));
        Assert.Equal(["read_mask.paths[1]", "filter"], error.Fields);
    }

    // It would choose nothing, or all, and nobody would see why.
    [Fact]
    public async Task ASessionFilter_ThatNamesWhatCannotBe_IsRefused()
    {
        await using TestServer server = await TestServer.StartAsync();
        SessionFilter filter = new() { Devices = { "tun0" }, Delegates = { "", "devices/tun0" }, Protocols = { (Protocol.V1.SessionProtocol)7 } };
        RichError error = await RichError.OfAsync(async () => await server.Sessions.CloseSessionsAsync(new CloseSessionsRequest { Filter = filter }));
        Assert.Equal(["filter.devices[0]", "filter.delegates[1]", "filter.protocols[0]"], error.Fields);
        filter.Expression = "state";
        error = await RichError.OfAsync(async () => await server.Sessions.ListSessionsAsync(new ListSessionsRequest { Filter = filter, PageSize = -1 }));
        Assert.Equal(["filter.devices[0]", "filter.delegates[1]", "filter.protocols[0]", "page_size", "filter.expression"], error.Fields);
        error = await RichError.OfAsync(async () => await server.Sessions.ListSessionsAsync(new ListSessionsRequest { Parent = "tun0" }));
        Assert.Equal((StatusCode.InvalidArgument, "parent"), (error.Code, Assert.Single(error.Fields)));
    }
}
