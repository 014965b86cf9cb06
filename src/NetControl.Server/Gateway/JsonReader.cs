using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Gateway;

/// <summary>Reads ProtoJSON into a tree with the canonical names, led by the descriptor, so that every fault is found with its path.</summary>
/// <remarks>Protobuf's own parser stops at the first fault and does not say where it is; it is given what was found right.</remarks>
internal sealed class JsonReader
{
    private readonly List<FieldFault> _faults;

    public JsonReader(List<FieldFault> faults)
    {
        _faults = faults;
    }

    /// <summary>A field by its name in the proto or in JSON.</summary>
    public static FieldDescriptor? Field(MessageDescriptor message, string name) =>
        message.Fields.InDeclarationOrder().FirstOrDefault(f => f.Name == name || f.JsonName == name);

    public static string UnknownField(MessageDescriptor message, string name)
    {
        List<string> names = [.. message.Fields.InDeclarationOrder().Select(f => f.JsonName)];
        string? nearest = Spelling.Nearest(name, names);
        return nearest is not null ? $"unknown field; did you mean {nearest}?"
            : names.Count == 0 ? "unknown field; there are none" : $"unknown field; known: {string.Join(", ", names)}";
    }

    public JsonObject Message(JsonElement element, MessageDescriptor descriptor, string path)
    {
        JsonObject result = [];
        if (element.ValueKind != JsonValueKind.Object)
        {
            Fault(path, "is not an object; write {...}");
            return result;
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            FieldDescriptor? field = Field(descriptor, property.Name);
            string fieldPath = Join(path, field?.Name ?? property.Name);
            if (field is null)
            {
                Fault(fieldPath, UnknownField(descriptor, property.Name), "UNKNOWN_FIELD");
            }
            else if (result.ContainsKey(field.JsonName))
            {
                Fault(fieldPath, "is there twice; write it once", "DUPLICATE");
            }
            else if (property.Value.ValueKind != JsonValueKind.Null)
            {
                result[field.JsonName] = Value(property.Value, field, fieldPath);
            }
        }

        return result;
    }

    /// <summary>The value of a field, all of a list or a map.</summary>
    public JsonNode? Value(JsonElement element, FieldDescriptor field, string path)
    {
        if (field.IsMap)
        {
            return Map(element, field, path);
        }

        if (!field.IsRepeated)
        {
            return Single(element, field, path);
        }

        JsonArray list = [];
        if (element.ValueKind != JsonValueKind.Array)
        {
            Fault(path, "is not a list; write [...]");
            return list;
        }

        int index = 0;
        foreach (JsonElement item in element.EnumerateArray())
        {
            list.Add(Single(item, field, $"{path}[{index++}]"));
        }

        return list;
    }

    /// <summary>A value as it is written in a URL.</summary>
    public JsonNode? Text(string text, FieldDescriptor field, string path) => field.FieldType switch
    {
        FieldType.Bool => text is "true" or "false" ? JsonValue.Create(text == "true") : Fault(path, "is not true or false"),
        FieldType.Enum when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) =>
            JsonValue.Create(number),
        FieldType.Enum => EnumName(text, field, path),
        FieldType.Message => WellKnown(JsonValue.Create(text), field, path),
        FieldType.String => JsonValue.Create(text),
        _ => Leaf(JsonValue.Create(text), field, path),
    };

    private JsonObject Map(JsonElement element, FieldDescriptor field, string path)
    {
        JsonObject result = [];
        if (element.ValueKind != JsonValueKind.Object)
        {
            Fault(path, "is not an object; write {\"key\": value}");
            return result;
        }

        FieldDescriptor value = field.MessageType.FindFieldByNumber(2);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            result[property.Name] = Single(property.Value, value, $"{path}[\"{property.Name}\"]");
        }

        return result;
    }

    private JsonNode? Single(JsonElement element, FieldDescriptor field, string path)
    {
        switch (field.FieldType)
        {
            case FieldType.Message when !IsWellKnown(field.MessageType):
                return Message(element, field.MessageType, path);
            case FieldType.Message:
                return WellKnown(Copy(element), field, path);
            case FieldType.Bool when element.ValueKind is not (JsonValueKind.True or JsonValueKind.False):
                return Fault(path, "is not true or false");
            case FieldType.String when element.ValueKind != JsonValueKind.String:
                return Fault(path, "is not a text; put it in quotes");
            case FieldType.Enum when element.ValueKind == JsonValueKind.String:
                return EnumName(element.GetString()!, field, path);
            case FieldType.Bool or FieldType.String:
                return Copy(element);
            default:
                return Leaf(Copy(element), field, path);
        }
    }

    // A message with the one field tells what the parser thinks of the value.
    private JsonNode? Leaf(JsonNode? value, FieldDescriptor field, string path)
    {
        JsonNode? wrapped = field.IsRepeated ? new JsonArray(value?.DeepClone()) : value?.DeepClone();
        try
        {
            JsonParser.Default.Parse(new JsonObject { [field.JsonName] = wrapped }.ToJsonString(), field.ContainingType);
            return value;
        }
        catch (InvalidProtocolBufferException)
        {
            string kind = field.FieldType switch
            {
                FieldType.Bytes => "base64",
                FieldType.Enum => "a name or a number of the enum",
                FieldType.Float or FieldType.Double => "a number",
                _ => $"a number of type {field.FieldType.ToString().ToLowerInvariant()}",
            };
            return Fault(path, $"{value?.ToJsonString() ?? "null"} is not {kind}");
        }
    }

    private JsonNode? EnumName(string name, FieldDescriptor field, string path) =>
        field.EnumType.FindValueByName(name) is not null
            ? JsonValue.Create(name)
            : Fault(path, $"\"{name}\" is not a known value; write one of {string.Join(", ", field.EnumType.Values.Select(v => v.Name))}");

    private JsonNode? WellKnown(JsonNode? value, FieldDescriptor field, string path)
    {
        MessageDescriptor type = field.MessageType;
        if (!IsWellKnown(type))
        {
            return Fault(path, $"is a message; write its fields, such as {path}.{type.Fields.InDeclarationOrder().FirstOrDefault()?.Name}");
        }

        if (type.FullName == FieldMask.Descriptor.FullName && value is JsonValue mask && mask.TryGetValue(out string? paths))
        {
            // JSON wants camels here; the errors, and the protos, speak in snakes.
            value = JsonValue.Create(Camel(paths));
        }

        try
        {
            JsonParser.Default.Parse(value?.ToJsonString() ?? "null", type);
            return value;
        }
        catch (InvalidProtocolBufferException)
        {
            string example = type.Name switch
            {
                nameof(Duration) => "a duration; write e.g. \"30s\"",
                nameof(Timestamp) => "a time; write e.g. \"2030-01-31T12:00:00Z\"",
                nameof(FieldMask) => "a field mask; write e.g. \"mtu,routes\"",
                _ => $"of the type {type.FullName}",
            };
            return Fault(path, $"{value?.ToJsonString() ?? "null"} is not {example}");
        }
    }

    private static string Camel(string paths)
    {
        System.Text.StringBuilder text = new(paths.Length);
        for (int i = 0; i < paths.Length; i++)
        {
            bool joins = paths[i] == '_' && i + 1 < paths.Length && char.IsAsciiLetterLower(paths[i + 1]);
            text.Append(joins ? char.ToUpperInvariant(paths[++i]) : paths[i]);
        }

        return text.ToString();
    }

    private static bool IsWellKnown(MessageDescriptor type) => type.File.Package == "google.protobuf";

    private static JsonNode? Copy(JsonElement element) => JsonNode.Parse(element.GetRawText());

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private JsonNode? Fault(string path, string description, string reason = "INVALID_VALUE")
    {
        _faults.Add(new FieldFault(path.Length == 0 ? "body" : path, description, reason));
        return null;
    }
}
