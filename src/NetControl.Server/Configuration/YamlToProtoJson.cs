using System.Buffers;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;
using NetControl.ControlPlane.Validation;
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
        YamlNode? root = YamlRoot.Parse(yaml, _violations);
        if (root is null)
        {
            return "{}";
        }

        WriteMessage(root, descriptor, "");
        _json.Flush();
        return Encoding.UTF8.GetString(_buffer.WrittenSpan);
    }

    public void Dispose() => _json.Dispose();

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

        if (YamlRoot.IsNull(value))
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

    // A chain's text may stand where its hops belong, with its secrets.
    private static bool MayBeChain(MessageDescriptor descriptor) => descriptor.File == V1.HopReflection.Descriptor;

    private void Fault(string path, YamlNode node, string problem, string fix, bool isShown = true)
    {
        string field = path.Length == 0 ? "document" : path;
        string shown = isShown && node is YamlScalarNode scalar ? $"\"{scalar.Value}\" " : "";
        _violations.AddText(field, $"{shown}{problem} (line {node.Start.Line}); {fix}");
    }

    private static bool IsOutputOnly(string name, string path) => path.Length > 0 && s_outputOnly.Contains(name);
}
