using System.Net;
using System.Text.Json;
using Google.Protobuf;
using NetControl.Protocol.V1;
using NetControl.Server.Gateway;

namespace NetControl.Server.Tests.Gateway;

public sealed class JsonGatewayTests
{
    [Fact]
    public void Services_AreAllThatAreGenerated()
    {
        IEnumerable<string> generated = typeof(Device).Assembly.GetTypes()
            .Where(t => t.GetProperty("Descriptor")?.PropertyType == typeof(Google.Protobuf.Reflection.ServiceDescriptor))
            .Select(t => ((Google.Protobuf.Reflection.ServiceDescriptor)t.GetProperty("Descriptor")!.GetValue(null)!).FullName);
        Assert.Equal(generated.Order(StringComparer.Ordinal), ApiServices.All.Select(s => s.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryMethod_HasAPathOfItsOwn()
    {
        Assert.All(ApiServices.All.SelectMany(s => s.Methods), method => Assert.NotEmpty(RouteTable.Annotated(method)));
        IReadOnlyList<HttpRoute> routes = new RouteTable(ApiServices.All).Routes;
        Assert.Equal(routes.Count, routes.Select(r => $"{r.Verb} {r.Template.Text}").Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task MainJob_AsJson_CreatesAttachesSwapsAndDeletes()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        Assert.Equal(200, (await server.JsonAsync("POST", "/v1/proxies?proxy_id=direct", "{}")).Status);
        (int status, JsonElement body) = await server.JsonAsync(
            "POST", "/v1/proxies?proxyId=socks", """{"config": "socks5://u:p@h:1080", "udpIdleTimeout": "5s"}""");
        Assert.Equal((200, "socks5://REDACTED@h:1080"), (status, body.GetProperty("proxy").GetProperty("config").GetString()));
        await server.JsonAsync("POST", "/v1/delegates?delegate_id=egress", """{"proxy": "proxies/direct"}""");
        (_, body) = await server.JsonAsync(
            "POST", "/v1/devices?device_id=tun0", """{"addresses": ["10.77.0.1/24"], "limits": {"maxBufferBytes": "2097152"}}""");
        JsonElement device = body.GetProperty("device");
        Assert.Equal("devices/tun0", device.GetProperty("name").GetString());
        Assert.Equal("2097152", device.GetProperty("limits").GetProperty("maxBufferBytes").GetString());
        Assert.Equal("STATE_BLOCKED", device.GetProperty("state").GetString());

        await server.JsonAsync("POST", "/v1/devices/tun0:attachStreamDialer", """{"streamDialer": "delegates/egress"}""");
        (_, body) = await server.JsonAsync("POST", "/v1/devices/tun0:attachPacketProxy", """{"packetProxy": "proxies/socks"}""");
        Assert.Equal("STATE_READY", body.GetProperty("device").GetProperty("state").GetString());
        server.Test.Engine.Open();
        (_, body) = await server.JsonAsync(
            "POST", "/v1/delegates/egress:swap", """{"proxy": "proxies/socks", "existing": "EXISTING_SESSIONS_KEEP"}""");
        Assert.Equal(("2", "1"), (body.GetProperty("generation").GetString(), body.GetProperty("sessionsKept").GetString()));
        (_, body) = await server.JsonAsync("GET", "/v1/devices/tun0/sessions?filter.protocols=SESSION_PROTOCOL_TCP&filter.protocols=2");
        Assert.Equal(1, body.GetProperty("sessions").GetArrayLength());
        (_, body) = await server.JsonAsync("PATCH", "/v1/devices/tun0?update_mask=udp_filtering&force=true",
            """{"udpFiltering": "UDP_FILTERING_ADDRESS_DEPENDENT"}""");
        Assert.Equal("UDP_FILTERING_ADDRESS_DEPENDENT", body.GetProperty("device").GetProperty("udpFiltering").GetString());
        (_, body) = await server.JsonAsync("GET", "/v1/devices?page_size=5");
        Assert.Equal(1, body.GetProperty("devices").GetArrayLength());
        Assert.Equal(200, (await server.JsonAsync("POST", "/netcontrol.v1.DeviceService/GetDevice", """{"name": "devices/tun0"}""")).Status);
        Assert.Equal(200, (await server.JsonAsync("DELETE", "/v1/devices/tun0?force=true")).Status);
        Assert.Empty((await server.Devices.ListDevicesAsync(new ListDevicesRequest())).Devices);
    }

    [Fact]
    public async Task ErrorOfTheService_IsItsHttpStatus_WithAllDetails()
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement error) = await server.JsonAsync("GET", "/v1/devices/none");
        Assert.Equal((404, 5, "NOT_FOUND"), (status, error.GetProperty("code").GetInt32(), error.Reason()));
        (status, error) = await server.JsonAsync("POST", "/v1/devices?device_id=tun9", """{"mtu": 5, "routes": ["x"]}""");
        Assert.Equal(400, status);
        Assert.Equal(["device.mtu", "device.routes[0]"], error.Fields());
        (status, error) = await server.JsonAsync("DELETE", "/v1/proxies/a");
        Assert.Equal((400, "RESOURCE_IN_USE"), (status, error.Reason()));
        (status, error) = await server.JsonAsync("POST", "/v1/delegates/egress:swap", """{"proxy": "proxies/b", "etag": "\"old\""}""");
        Assert.Equal((409, "ETAG_MISMATCH"), (status, error.Reason()));
        server.Test.Plane.BeginShutdown();
        (status, error) = await server.JsonAsync("POST", "/v1/proxies?proxy_id=c");
        Assert.Equal((503, "SHUTTING_DOWN"), (status, error.Reason()));
    }

    [Theory]
    [InlineData("POST", "/v1/devices?device_id=t", """{"adresses": [], "mtu": "x", "limits": {"maxTcp": 1}}""",
        "device.adresses,device.mtu,device.limits.maxTcp")]
    [InlineData("POST", "/v1/devices?devise_id=t&validate_only=maybe", "{}", "devise_id,validate_only")]
    [InlineData("POST", "/v1/devices?device=x", "{}", "device")]
    [InlineData("GET", "/v1/devices?page_size=many", null, "page_size")]
    [InlineData("GET", "/v1/devices?page_size=1&page_size=2", null, "page_size")]
    [InlineData("GET", "/v1/sessions?filter=x", null, "filter")]
    [InlineData("GET", "/v1/sessions?filter.protocols=ICMP", null, "filter.protocols[0]")]
    [InlineData("GET", "/v1/sessions?parent.x=1", null, "parent.x")]
    [InlineData("GET", "/v1/devices/tun0?name=devices/b", null, "name")]
    [InlineData("DELETE", "/v1/devices/tun0", "{}", "body")]
    [InlineData("POST", "/v1/delegates/egress:swap?proxy=proxies/b", "{}", "proxy")]
    [InlineData("POST", "/v1/delegates/egress:swap", """{"name": "delegates/other"}""", "name")]
    [InlineData("POST", "/v1/delegates/egress:swap", """{"existing": "KEEP", "drainTimeout": "soon"}""", "existing,drain_timeout")]
    [InlineData("POST", "/v1/delegates/egress:swap", """{"etag": "a", "etag": "b"}""", "body")]
    [InlineData("POST", "/v1/delegates/egress:swap", """{"requestId": "a", "request_id": "b"}""", "request_id")]
    [InlineData("POST", "/v1/delegates/egress:swap", "[]", "body")]
    [InlineData("POST", "/v1/delegates/egress:swap", "{", "body")]
    [InlineData("POST", "/v1/configuration:apply", """{"configuration": {"devices": [{"name": "devices/a"}, {"nam": 1}]}}""",
        "configuration.devices[1].nam")]
    [InlineData("POST", "/v1/configuration:apply", """{"baseGeneration": 1.5}""", "base_generation")]
    public async Task WrongRequest_IsRefusedWithEveryFieldNamed(string verb, string path, string? body, string fields)
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement error) = await server.JsonAsync(verb, path, body);
        Assert.Equal((400, 3), (status, error.GetProperty("code").GetInt32()));
        Assert.Equal(fields.Split(','), error.Fields());
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "UNKNOWN_PATH")]
    [InlineData("GET", "/v1/devices/", 404, "UNKNOWN_PATH")]
    [InlineData("GET", "/", 404, "UNKNOWN_PATH")]
    [InlineData("PUT", "/v1/devices", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("OPTIONS", "/v1/devices", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("GET", "/netcontrol.v1.DeviceService/GetDevice", 405, "METHOD_NOT_ALLOWED")]
    public async Task WrongPathOrVerb_SaysSo(string verb, string path, int expected, string reason)
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement error) = await server.JsonAsync(verb, path);
        Assert.Equal((expected, reason), (status, error.Reason()));
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task WebPage_IsRefused(string header, string value)
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement error) = await server.JsonAsync("POST", "/v1/devices/tun0:resume", null, (header, value));
        Assert.Equal((403, "CROSS_ORIGIN"), (status, error.Reason()));
    }

    [Fact]
    public async Task BodyThatIsNotDeclaredJson_IsUnsupported()
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpResponseMessage response = await server.Http.PostAsync("/v1/devices?device_id=t", new StringContent("{}"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task BodyOverTheLimit_IsTooLarge()
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement error) = await server.JsonAsync("POST", "/v1/devices", $"{{\"name\": \"{new string('x', 5 << 20)}\"}}");
        Assert.Equal((413, "TOO_LARGE"), (status, error.Reason()));
    }

    [Fact]
    public async Task Deadline_OfTheCaller_IsGatewayTimeout()
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement error) = await server.JsonAsync(
            "GET", "/v1/devices/tun0", null, ("grpc-timeout", "1n"));
        Assert.True(status is 504 or 200, error.GetRawText());
    }

    [Fact]
    public async Task OpenApi_IsServed()
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement document) = await server.JsonAsync("GET", "/openapi.json");
        Assert.Equal((200, "3.1.0"), (status, document.GetProperty("openapi").GetString()));
    }

    [Fact]
    public async Task RequestIdRepeated_AcrossJsonAndGrpc_IsOneRequest()
    {
        await using TestServer server = await TestServer.StartAsync();
        SwapDelegateRequest request = new() { Name = "delegates/egress", Proxy = "proxies/b", RequestId = Guid.NewGuid().ToString() };
        Assert.Equal(2, (await server.Delegates.SwapDelegateAsync(request)).Generation);
        (_, JsonElement body) = await server.JsonAsync("POST", "/v1/delegates/egress:swap", JsonFormatter.Default.Format(request));
        Assert.Equal("2", body.GetProperty("generation").GetString());
    }
}
