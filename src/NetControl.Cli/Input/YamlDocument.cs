using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NetControl.Cli.Input;

/// <summary>Turns YAML (and so JSON) into ProtoJSON, led by the descriptor: a number under a text field stays a text.</summary>
internal static class YamlDocument
{
    public static string ToJson(string yaml, MessageDescriptor type, List<string> faults)
    {
        YamlStream stream = [];
        try
        {
            using StringReader reader = new(yaml);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            faults.Add($"is not YAML: line {e.Start.Line}, column {e.Start.Column}: {e.InnerException?.Message ?? e.Message}");
            return "{}";
        }

        return stream.Documents.Count == 0 ? "{}" : Message(stream.Documents[0].RootNode, type, "", faults).ToJsonString();
    }

    private static JsonObject Message(YamlNode node, MessageDescriptor type, string path, List<string> faults)
    {
        JsonObject result = [];
        if (node is not YamlMappingNode mapping)
        {
            if (!IsNull(node))
            {
                Fault(faults, path, node, "is not a mapping; write fields as name: value");
            }

            return result;
        }

        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            string name = (key as YamlScalarNode)?.Value ?? "?";
            string fieldPath = path.Length == 0 ? name : $"{path}.{name}";
            FieldDescriptor? field = type.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == name || f.Name == name);
            if (field is null)
            {
                Fault(faults, fieldPath, key, $"unknown field; known: {string.Join(", ", type.Fields.InDeclarationOrder().Select(f => f.JsonName))}");
            }
            else if (!IsNull(value))
            {
                result[field.JsonName] = Value(value, field, fieldPath, faults);
            }
        }

        return result;
    }

    private static JsonNode? Value(YamlNode node, FieldDescriptor field, string path, List<string> faults)
    {
        if (field.IsMap && node is YamlMappingNode mapping)
        {
            JsonObject map = [];
            foreach ((YamlNode key, YamlNode value) in mapping.Children)
            {
                map[(key as YamlScalarNode)?.Value ?? "?"] = Single(value, field.MessageType.FindFieldByNumber(2), path, faults);
            }

            return map;
        }

        if (!field.IsRepeated)
        {
            return Single(node, field, path, faults);
        }

        if (node is YamlSequenceNode items)
        {
            return new JsonArray([.. items.Select((item, i) => Single(item, field, $"{path}[{i}]", faults))]);
        }

        Fault(faults, path, node, field.IsMap ? "is not a mapping" : "is not a list");
        return null;
    }

    private static JsonNode? Single(YamlNode node, FieldDescriptor field, string path, List<string> faults)
    {
        if (field.FieldType == FieldType.Message && field.MessageType.File.Package != "google.protobuf")
        {
            return Message(node, field.MessageType, path, faults);
        }

        if (node is not YamlScalarNode { Value: { } text })
        {
            Fault(faults, path, node, "is not a single value");
            return null;
        }

        // ProtoJSON takes numbers as texts; only true and false must be bare.
        return field.FieldType == FieldType.Bool && (text is "true" or "false") ? JsonValue.Create(text == "true") : JsonValue.Create(text);
    }

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain } scalar && scalar.Value is null or "" or "~" or "null";

    private static void Fault(List<string> faults, string path, YamlNode node, string problem) =>
        faults.Add($"{(path.Length == 0 ? "document" : path)}: {problem} (line {node.Start.Line})");
}
