using System.Text.Json;
using System.Text.Json.Nodes;
using NetControl.Server.Gateway;

namespace NetControl.Server.Tests.Gateway;

public sealed class OpenApiTests
{
    private const string Update = "NETCONTROL_UPDATE_GOLDEN";
    private static readonly string s_file = Path.Combine(ProtoComments.Folder, "openapi.json");

    [Fact]
    public void Document_IsWhatTheProtosSay()
    {
        string generated = new OpenApiGenerator(ProtoComments.Read()).Generate();
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(s_file, generated);
        }

        Assert.True(generated == File.ReadAllText(s_file),
            $"protos/openapi.json is not what the protos say: run the tests once with {Update}=1, and commit what they write");
    }

    [Fact]
    public void Document_IsComplete_AndItsReferencesLeadSomewhere()
    {
        using Stream file = OpenApiFile.Open();
        JsonNode document = JsonNode.Parse(file)!;
        JsonObject schemas = document["components"]!["schemas"]!.AsObject();
        List<string> operations = [];
        Walk(document, node =>
        {
            if (node["$ref"] is { } reference)
            {
                Assert.True(schemas.ContainsKey(reference.GetValue<string>()["#/components/schemas/".Length..]), reference.ToJsonString());
            }

            if (node["operationId"] is { } id)
            {
                operations.Add(id.GetValue<string>());
                Assert.NotEmpty(node["description"]!.GetValue<string>());
            }
        });
        Assert.Equal(operations.Count, operations.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(new RouteTable(ApiServices.All).Routes.Count(r => !r.Template.Text.StartsWith("/netcontrol", StringComparison.Ordinal)),
            operations.Count);
        foreach ((string path, JsonNode? item) in document["paths"]!.AsObject())
        {
            string[] named = [.. path.Split('{').Skip(1).Select(p => p[..p.IndexOf('}', StringComparison.Ordinal)])];
            foreach ((_, JsonNode? operation) in item!.AsObject())
            {
                IEnumerable<string> declared = (operation!["parameters"]?.AsArray() ?? [])
                    .Where(p => p!["in"]!.GetValue<string>() == "path").Select(p => p!["name"]!.GetValue<string>());
                Assert.Equal(named, declared);
            }
        }
    }

    [Fact]
    public void EveryMessageAndField_HasItsProse()
    {
        using Stream file = OpenApiFile.Open();
        using JsonDocument document = JsonDocument.Parse(file);
        foreach (JsonProperty schema in document.RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            Assert.True(schema.Value.TryGetProperty("description", out _), schema.Name);
            if (schema.Value.TryGetProperty("properties", out JsonElement properties) && schema.Name != "google.rpc.Status")
            {
                Assert.All(properties.EnumerateObject(), p => Assert.True(p.Value.TryGetProperty("description", out _), $"{schema.Name}.{p.Name}"));
            }
        }
    }

    private static void Walk(JsonNode? node, Action<JsonObject> visit)
    {
        switch (node)
        {
            case JsonObject item:
                visit(item);
                foreach ((_, JsonNode? value) in item)
                {
                    Walk(value, visit);
                }

                break;
            case JsonArray list:
                foreach (JsonNode? value in list)
                {
                    Walk(value, visit);
                }

                break;
        }
    }
}
