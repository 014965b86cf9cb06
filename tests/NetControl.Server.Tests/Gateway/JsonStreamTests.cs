using System.Text.Json;

namespace NetControl.Server.Tests.Gateway;

public sealed class JsonStreamTests
{
    [Fact]
    public async Task Stream_IsOneObjectALine_UntilTheServerEndsIt()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Open();
        using HttpResponseMessage response = await server.Http.GetAsync(
            "/v1/sessions:streamEvents?snapshot=true&heartbeat_interval=0.1s", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        Assert.True((await NextAsync(reader)).TryGetProperty("start", out _));
        JsonElement snapshot = await NextAsync(reader);
        Assert.Equal("devices/tun0", snapshot.GetProperty("snapshot").GetProperty("sessions")[0].GetProperty("device").GetString());
        Assert.Equal("1", (await NextAsync(reader)).GetProperty("snapshotEnd").GetProperty("count").GetString());
        Assert.True((await NextAsync(reader)).TryGetProperty("heartbeat", out _));
    }

    [Fact]
    public async Task Stream_AsServerSentEvents_IsDataLines()
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/resources:watch");
        request.Content = new StringContent("""{"collections": ["proxies"]}""", System.Text.Encoding.UTF8, "application/json");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using HttpResponseMessage response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        string[] wanted = ["start", "changed", "changed", "snapshotEnd"];
        foreach (string field in wanted)
        {
            string? line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.StartsWith("data: {", line, StringComparison.Ordinal);
            Assert.True(JsonDocument.Parse(line![6..]).RootElement.TryGetProperty(field, out _), line);
            Assert.Equal("", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        }
    }

    [Fact]
    public async Task Stream_RefusedAtTheStart_IsAnHttpError()
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, JsonElement error) = await server.JsonAsync(
            "GET", "/v1/sessions:streamEvents?resume_from.epoch=other&resume_from.sequence=5");
        Assert.Equal((400, 11, "RESUME_POINT_EXPIRED"), (status, error.GetProperty("code").GetInt32(), error.Reason()));
    }

    [Fact]
    public async Task ReaderThatGoesAway_EndsTheCall()
    {
        await using TestServer server = await TestServer.StartAsync();
        HttpResponseMessage response = await server.Http.GetAsync(
            "/v1/sessions:streamEvents?heartbeat_interval=0.1s", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(1, server.Test.Plane.Events.ReadCounters().Subscribers);
        response.Dispose();
        DateTime deadline = DateTime.UtcNow + TimeSpan.FromSeconds(30);
        while (server.Test.Plane.Events.ReadCounters().Subscribers > 0)
        {
            Assert.True(DateTime.UtcNow < deadline, "the subscription outlives its reader");
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task Shutdown_EndsTheStreamInGoodOrder()
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpResponseMessage response = await server.Http.GetAsync("/v1/sessions:streamEvents", HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        Assert.True((await NextAsync(reader)).TryGetProperty("start", out _));
        Task shutdown = server.Test.Plane.ShutdownAsync();
        JsonElement last = default;
        while (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) is { } line)
        {
            last = JsonDocument.Parse(line).RootElement;
        }

        Assert.Equal("REASON_SHUTDOWN", last.GetProperty("end").GetProperty("reason").GetString());
        await shutdown;
    }

    private static async Task<JsonElement> NextAsync(StreamReader reader) =>
        JsonDocument.Parse((await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)))!).RootElement;
}
