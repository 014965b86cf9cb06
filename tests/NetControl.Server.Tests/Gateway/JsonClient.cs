using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace NetControl.Server.Tests.Gateway;

/// <summary>Speaks JSON over HTTP to a server under test.</summary>
internal static class JsonClient
{
    public static async Task<(int Status, JsonElement Body)> JsonAsync(
        this TestServer server, string verb, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(new HttpMethod(verb), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await server.Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return ((int)response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    /// <summary>The fields that an error names.</summary>
    public static string[] Fields(this JsonElement error) =>
        [.. error.GetProperty("details").EnumerateArray()
            .Where(d => d.GetProperty("@type").GetString() == "type.googleapis.com/google.rpc.BadRequest")
            .SelectMany(d => d.GetProperty("fieldViolations").EnumerateArray()).Select(v => v.GetProperty("field").GetString()!)];

    public static string Reason(this JsonElement error) => error.GetProperty("details")[0].GetProperty("reason").GetString()!;
}
