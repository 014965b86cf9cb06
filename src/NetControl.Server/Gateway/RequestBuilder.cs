using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.Extensions.Primitives;

namespace NetControl.Server.Gateway;

/// <summary>Makes a method's request from path, query and body, by the rules of google/api/http.proto and AIP-127.</summary>
internal sealed class RequestBuilder
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };
    private readonly HttpRoute _route;
    private readonly List<FieldFault> _faults = [];
    private readonly JsonReader _reader;

    public RequestBuilder(HttpRoute route)
    {
        _route = route;
        _reader = new JsonReader(_faults);
    }

    private MessageDescriptor Input => _route.Method.InputType;

    /// <exception cref="GatewayException">With every fault.</exception>
    public IMessage Build(string[] values, IEnumerable<KeyValuePair<string, StringValues>> query, ReadOnlyMemory<byte> body)
    {
        JsonObject root = ReadBody(body);
        for (int i = 0; i < values.Length; i++)
        {
            Bind(root, _route.Template.Variables[i], values[i]);
        }

        foreach ((string key, StringValues texts) in query)
        {
            AddQuery(root, key, texts);
        }

        if (_faults.Count > 0)
        {
            throw GatewayException.Invalid(_faults);
        }

        try
        {
            return JsonParser.Default.Parse(root.ToJsonString(), Input);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw GatewayException.Invalid([new FieldFault("body", e.Message, "INVALID_JSON")]);
        }
    }

    private JsonObject ReadBody(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return [];
        }

        if (_route.Body.Length == 0)
        {
            _faults.Add(new FieldFault("body", $"{_route.Verb} {_route.Template.Text} takes none; write fields in the query", "UNEXPECTED_BODY"));
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(body, s_strict);
            if (_route.Body == "*")
            {
                return _reader.Message(document.RootElement, Input, "");
            }

            FieldDescriptor field = Input.FindFieldByName(_route.Body);
            return new JsonObject { [field.JsonName] = _reader.Value(document.RootElement, field, field.Name) };
        }
        catch (JsonException e)
        {
            _faults.Add(new FieldFault("body", $"is not JSON: {e.Message}", "INVALID_JSON"));
            return [];
        }
    }

    // What the path says may be said in the body too, if it is the same.
    private void Bind(JsonObject root, string path, string value)
    {
        FieldDescriptor? field = Descend(root, path, out JsonObject holder, out _);
        if (field is null)
        {
            throw new InvalidOperationException($"{_route.Template.Text}: {Input.FullName} has no field {path}");
        }

        if (holder[field.JsonName] is JsonValue said && said.TryGetValue(out string? text) && text.Length > 0 && text != value)
        {
            _faults.Add(new FieldFault(path, $"is \"{value}\" in the path and \"{text}\" in the body", "CONFLICT"));
        }

        holder[field.JsonName] = _reader.Text(value, field, path);
    }

    private void AddQuery(JsonObject root, string key, StringValues texts)
    {
        if (_route.Body == "*")
        {
            _faults.Add(new FieldFault(key, "belongs in the body: the whole request is there", "UNKNOWN_FIELD"));
            return;
        }

        FieldDescriptor? field = Descend(root, key, out JsonObject holder, out string problem);
        if (field is null)
        {
            _faults.Add(new FieldFault(key, problem, "UNKNOWN_FIELD"));
        }
        else if (holder.ContainsKey(field.JsonName))
        {
            _faults.Add(new FieldFault(key, "is said in the path or twice; say it once", "DUPLICATE"));
        }
        else if (field.IsMap || (field.IsRepeated && field.FieldType == FieldType.Message))
        {
            _faults.Add(new FieldFault(key, "cannot be written in a query", "INVALID_VALUE"));
        }
        else if (field.IsRepeated)
        {
            JsonArray list = [];
            for (int i = 0; i < texts.Count; i++)
            {
                list.Add(_reader.Text(texts[i] ?? "", field, $"{key}[{i}]"));
            }

            holder[field.JsonName] = list;
        }
        else if (texts.Count > 1)
        {
            _faults.Add(new FieldFault(key, "is there twice; write it once", "DUPLICATE"));
        }
        else
        {
            holder[field.JsonName] = _reader.Text(texts.ToString(), field, key);
        }
    }

    // Walks down a dotted path, and makes the objects that are missing on the way.
    private FieldDescriptor? Descend(JsonObject root, string path, out JsonObject holder, out string problem)
    {
        holder = root;
        problem = "";
        MessageDescriptor message = Input;
        string[] names = path.Split('.');
        for (int i = 0; ; i++)
        {
            FieldDescriptor? field = JsonReader.Field(message, names[i]);
            if (field is null || (i == 0 && _route.Body == field.Name && names.Length == 1))
            {
                problem = field is null ? JsonReader.UnknownField(message, names[i]) : "is the body";
                return null;
            }

            if (i == names.Length - 1)
            {
                return field;
            }

            if (field.FieldType != FieldType.Message || field.IsRepeated)
            {
                problem = $"{field.Name} has no fields";
                return null;
            }

            message = field.MessageType;
            if (holder[field.JsonName] is not JsonObject next)
            {
                next = [];
                holder[field.JsonName] = next;
            }

            holder = next;
        }
    }
}
