using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Validation;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Configuration;

/// <summary>Turns a YAML document into the ProtoJSON of a message, led by the message's descriptor.</summary>
/// <remarks>
/// The descriptor makes every fault findable here, with its path and line: unknown fields with the nearest valid name, values of the wrong
/// kind, fields that only the server may set. What is faulty is left out of the JSON, so that the rest of the document is still checked.
/// </remarks>
internal sealed partial class YamlToProtoJson : IDisposable
{
    private static readonly HashSet<string> s_outputOnly =
        new(["uid", "etag", "generation", "createTime", "updateTime", "state", "status", "usedBy"], StringComparer.Ordinal);

    private readonly ViolationList _violations;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;

    public YamlToProtoJson(ViolationList violations)
    {
        _violations = violations;
        _json = new Utf8JsonWriter(_buffer);
    }

    /// <summary>Converts a document; an empty one is the empty message.</summary>
    public string Convert(string yaml, MessageDescriptor descriptor)
    {
        YamlNode? root = Parse(yaml, _violations);
        if (root is null)
        {
            return "{}";
        }

        WriteMessage(root, descriptor, "");
        _json.Flush();
        return Encoding.UTF8.GetString(_buffer.WrittenSpan);
    }

    public void Dispose() => _json.Dispose();

    /// <summary>The one document's root; null where it is empty, or faulty, which is added.</summary>
    public static YamlNode? Parse(string yaml, ViolationList violations)
    {
        YamlStream stream = [];
        try
        {
            string? fault = YamlShape.FindFault(yaml);
            if (fault is not null)
            {
                violations.AddText("document", $"is not YAML: {fault}", "INVALID_YAML");
                return null;
            }

            using StringReader reader = new(yaml);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            violations.AddText("document",
                $"is not YAML: line {e.Start.Line}, column {e.Start.Column}: {e.InnerException?.Message ?? e.Message}", "INVALID_YAML");
            return null;
        }

        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Events that each are right and make no tree together: ArgumentException, for one.
            violations.AddText("document", $"is not YAML: {e.Message}", "INVALID_YAML");
            return null;
        }

        if (stream.Documents.Count > 1)
        {
            violations.AddText("document", $"holds {stream.Documents.Count} YAML documents; write one", "INVALID_YAML");
            return null;
        }

        return stream.Documents.Count == 0 || IsNull(stream.Documents[0].RootNode) ? null : stream.Documents[0].RootNode;
    }

    private void WriteMessage(YamlNode node, MessageDescriptor descriptor, string path)
    {
        _json.WriteStartObject();
        if (node is YamlMappingNode mapping)
        {
            foreach ((YamlNode key, YamlNode value) in mapping.Children)
            {
                WriteField(key, value, descriptor, path);
            }
        }
        else
        {
            Fault(path, node, "is not a mapping", "write fields as name: value", isShown: !MayBeChain(descriptor));
        }

        _json.WriteEndObject();
    }

    private void WriteField(YamlNode key, YamlNode value, MessageDescriptor descriptor, string path)
    {
        string name = key is YamlScalarNode { Value: { Length: > 0 } text } ? text : "?";
        string field = path.Length == 0 ? name : $"{path}.{name}";
        FieldDescriptor? known = descriptor.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == name);
        if (known is null)
        {
            IEnumerable<string> names = descriptor.Fields.InDeclarationOrder().Select(f => f.JsonName).Where(n =>
                !IsOutputOnly(n, path)).ToList();
            string? nearest = Spelling.Nearest(name, names);
            string fix = nearest is not null ? $"did you mean {nearest}?" : $"known: {string.Join(", ", names)}";
            _violations.AddText(field, $"unknown field (line {key.Start.Line}); {fix}", "UNKNOWN_FIELD");
            return;
        }

        if (IsOutputOnly(name, path))
        {
            _violations.AddText(field, $"is set by the server only (line {key.Start.Line}); leave it out", "OUTPUT_ONLY");
            return;
        }

        if (IsNull(value))
        {
            return;
        }

        if (known.IsMap)
        {
            WriteMap(value, known, field, name);
        }
        else if (!known.IsRepeated)
        {
            WriteValue(value, known, field, name);
        }
        else if (value is YamlSequenceNode items)
        {
            _json.WriteStartArray(name);
            int index = 0;
            foreach (YamlNode item in items)
            {
                WriteValue(item, known, $"{field}[{index++}]", null);
            }

            _json.WriteEndArray();
        }
        else
        {
            bool isShown = known.FieldType != FieldType.Message || !MayBeChain(known.MessageType);
            Fault(field, value, "is not a list", $"write {name}: [...] or one - for each entry", isShown);
        }
    }

    private void WriteMap(YamlNode node, FieldDescriptor descriptor, string path, string name)
    {
        _json.WriteStartObject(name);
        if (node is YamlMappingNode mapping)
        {
            foreach ((YamlNode key, YamlNode value) in mapping.Children)
            {
                string entry = key is YamlScalarNode { Value: { } text } ? text : "?";
                WriteValue(value, descriptor.MessageType.FindFieldByNumber(2), $"{path}.{entry}", entry);
            }
        }
        else
        {
            Fault(path, node, "is not a mapping", "write entries as name: value");
        }

        _json.WriteEndObject();
    }

    private void WriteValue(YamlNode node, FieldDescriptor descriptor, string path, string? name)
    {
        if (descriptor.FieldType == FieldType.Message && descriptor.MessageType.FullName != Duration.Descriptor.FullName)
        {
            if (name is not null)
            {
                _json.WritePropertyName(name);
            }

            WriteMessage(node, descriptor.MessageType, path);
            return;
        }

        if (node is not YamlScalarNode { Value: { } text })
        {
            Fault(path, node, "is not a single value", "write one value, without fields or entries of its own");
            text = "";
            WriteDefault(descriptor, name);
            return;
        }

        switch (descriptor.FieldType)
        {
            case FieldType.String:
                WriteString(name, text);
                return;
            case FieldType.Message when DurationPattern().IsMatch(text):
                WriteString(name, text);
                return;
            case FieldType.Message:
                Fault(path, node, "is not a duration", "write seconds with an s, e.g. \"30s\"");
                return;
            case FieldType.Bool when text is "true" or "false":
                WriteLiteral(name, text);
                return;
            case FieldType.Bool:
                Fault(path, node, "is not true or false", "write true or false");
                return;
            case FieldType.Bytes when System.Convert.TryFromBase64String(text, new byte[text.Length], out _):
                WriteString(name, text);
                return;
            case FieldType.Bytes:
                Fault(path, node, "is not base64", "write e.g. \"SFRUUA==\"");
                return;
            case FieldType.Enum:
                WriteEnum(node, text, descriptor, path, name);
                return;
            default:
                WriteNumber(node, text, descriptor, path, name);
                return;
        }
    }

    private void WriteNumber(YamlNode node, string text, FieldDescriptor descriptor, string path, string? name)
    {
        bool unsigned = descriptor.FieldType is FieldType.UInt32 or FieldType.UInt64;
        if (descriptor.FieldType == FieldType.UInt64
            && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong large))
        {
            WriteString(name, large.ToString(CultureInfo.InvariantCulture)); // ProtoJSON: a JSON number holds 53 bits only
        }
        else if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= (unsigned ? 0 : int.MinValue)
            && number <= (unsigned ? uint.MaxValue : int.MaxValue))
        {
            WriteLiteral(name, number.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            Fault(path, node, unsigned ? "is not a number from 0 on" : "is not a number", "write digits only, e.g. 1500");
        }
    }

    // AFTER_CONNECT, or after_connect, is as good as ACCEPT_MODE_AFTER_CONNECT: the prefix is for programs.
    private void WriteEnum(YamlNode node, string text, FieldDescriptor descriptor, string path, string? name)
    {
        IList<EnumValueDescriptor> values = descriptor.EnumType.Values;
        string prefix = values[0].Name[..^"UNSPECIFIED".Length];
        EnumValueDescriptor? value = values.FirstOrDefault(v =>
            string.Equals(v.Name, text, StringComparison.OrdinalIgnoreCase)
            || string.Equals(v.Name, prefix + text, StringComparison.OrdinalIgnoreCase));
        if (value is null)
        {
            IEnumerable<string> known = values.Skip(1).Select(v => v.Name[prefix.Length..]);
            Fault(path, node, "is not a known value", $"write one of {string.Join(", ", known)}");
        }
        else
        {
            WriteString(name, value.Name);
        }
    }

    private void WriteString(string? name, string value)
    {
        if (name is not null)
        {
            _json.WritePropertyName(name);
        }

        _json.WriteStringValue(value);
    }

    private void WriteLiteral(string? name, string literal)
    {
        if (name is not null)
        {
            _json.WritePropertyName(name);
        }

        _json.WriteRawValue(literal);
    }

    // Keeps the places of later entries: a faulty entry of a list is still an entry.
    private void WriteDefault(FieldDescriptor descriptor, string? name)
    {
        if (name is null && descriptor.FieldType == FieldType.String)
        {
            _json.WriteStringValue("");
        }
    }

    // A chain's text may stand where its hops belong, with its secrets.
    private static bool MayBeChain(MessageDescriptor descriptor) => descriptor.File == V1.HopReflection.Descriptor;

    private void Fault(string path, YamlNode node, string problem, string fix, bool isShown = true)
    {
        string field = path.Length == 0 ? "document" : path;
        string shown = isShown && node is YamlScalarNode scalar ? $"\"{scalar.Value}\" " : "";
        _violations.AddText(field, $"{shown}{problem} (line {node.Start.Line}); {fix}");
    }

    private static bool IsOutputOnly(string name, string path) => path.Length > 0 && s_outputOnly.Contains(name);

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain } scalar && scalar.Value is null or "" or "~" or "null";

    [GeneratedRegex("^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DurationPattern();
}
