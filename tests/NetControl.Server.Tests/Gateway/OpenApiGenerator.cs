using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using NetControl.Server.Gateway;

namespace NetControl.Server.Tests.Gateway;

/// <summary>Writes the OpenAPI document: routes from the annotations, schemas from the messages, descriptions from the protos' comments.</summary>
internal sealed class OpenApiGenerator
{
    private const string ErrorSchema = "google.rpc.Status";
    private readonly ProtoComments _comments;
    private readonly SortedDictionary<string, JsonObject> _schemas = new(StringComparer.Ordinal);

    public OpenApiGenerator(ProtoComments comments)
    {
        _comments = comments;
    }

    public string Generate()
    {
        JsonObject paths = [];
        JsonArray tags = [];
        foreach (ServiceDescriptor service in ApiServices.All)
        {
            tags.Add(new JsonObject { ["name"] = service.Name, ["description"] = _comments.Of(service.FullName) });
            foreach (MethodDescriptor method in service.Methods)
            {
                int number = 0;
                foreach (HttpRoute route in RouteTable.Annotated(method))
                {
                    string path = OpenApiPath(route);
                    JsonObject item = paths[path] as JsonObject ?? [];
                    item[route.Verb.ToLowerInvariant()] = Operation(route, number++);
                    paths[path] = item;
                }
            }
        }

        _schemas[ErrorSchema] = StatusSchema();
        JsonObject schemas = [];
        foreach ((string name, JsonObject schema) in _schemas)
        {
            schemas[name] = schema;
        }

        JsonObject document = new()
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "NetControl",
                ["version"] = "v1",
                ["description"] = "The gRPC API netcontrol.v1 as JSON over HTTP, where `listen.json` says so. Generated from the protos: their "
                    + "comments are the specification. Besides these paths, every method answers `POST /netcontrol.v1.Service/Method` with the "
                    + "whole request as its body.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "http://127.0.0.1:9465" }),
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject()),
            ["tags"] = tags,
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject { ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
        };
        return document.ToJsonString(new System.Text.Json.JsonSerializerOptions
        {
            WriteIndented = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }) + "\n";
    }

    private JsonObject Operation(HttpRoute route, int number)
    {
        MethodDescriptor method = route.Method;
        JsonObject operation = new()
        {
            ["operationId"] = $"{method.Service.Name}_{method.Name}{(number == 0 ? "" : (number + 1).ToString(null, null))}",
            ["tags"] = new JsonArray(method.Service.Name),
            ["summary"] = method.Name,
            ["description"] = _comments.Of(method.FullName),
        };
        JsonArray parameters = [];
        HashSet<string> bound = new(route.Template.Variables, StringComparer.Ordinal);
        foreach (string variable in route.Template.Variables)
        {
            foreach (string part in PathParts(route, variable))
            {
                parameters.Add(new JsonObject
                {
                    ["name"] = part,
                    ["in"] = "path",
                    ["required"] = true,
                    ["schema"] = new JsonObject { ["type"] = "string" },
                });
            }
        }

        if (route.Body != "*")
        {
            AddQuery(parameters, method.InputType, "", route.Body, bound, 0);
        }

        if (parameters.Count > 0)
        {
            operation["parameters"] = parameters;
        }

        if (route.Body.Length > 0)
        {
            JsonNode schema = route.Body == "*" ? Reference(method.InputType) : Schema(method.InputType.FindFieldByName(route.Body));
            operation["requestBody"] = new JsonObject { ["content"] = new JsonObject { ["application/json"] = Content(schema) } };
        }

        JsonObject answer = new() { ["application/json"] = Content(Reference(method.OutputType)) };
        if (method.IsServerStreaming)
        {
            answer = new JsonObject
            {
                ["application/x-ndjson"] = Content(Reference(method.OutputType)),
                ["text/event-stream"] = Content(Reference(method.OutputType)),
            };
        }

        string done = method.IsServerStreaming ? "A stream of these: one a line, or one an event for those who accept events." : "Done.";
        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = done, ["content"] = answer },
            ["default"] = new JsonObject
            {
                ["description"] = "Refused.",
                ["content"] = new JsonObject { ["application/json"] = Content(SchemaReference(ErrorSchema)) },
            },
        };
        return operation;
    }

    private void AddQuery(JsonArray parameters, MessageDescriptor message, string prefix, string body, HashSet<string> bound, int depth)
    {
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            string path = prefix + field.Name;
            if (bound.Contains(path) || (depth == 0 && field.Name == body) || field.IsMap)
            {
                continue;
            }

            bool isMessage = field.FieldType == FieldType.Message && field.MessageType.File.Package != "google.protobuf";
            if (isMessage && !field.IsRepeated && depth < 3)
            {
                AddQuery(parameters, field.MessageType, path + ".", body, bound, depth + 1);
            }
            else if (!isMessage)
            {
                parameters.Add(new JsonObject
                {
                    ["name"] = path,
                    ["in"] = "query",
                    ["description"] = _comments.Of(field.FullName),
                    ["schema"] = Schema(field, withDescription: false),
                });
            }
        }
    }

    // {name=devices/*} has two parts, of which one is a parameter: /v1/devices/{device}.
    private static IEnumerable<string> PathParts(HttpRoute route, string variable) =>
        Pattern(route, variable).Split('/').Index().Where(p => p.Item == "*")
            .Select(p => p.Index == 0 ? variable : Singular(Pattern(route, variable).Split('/')[p.Index - 1]));

    private static string OpenApiPath(HttpRoute route)
    {
        string text = route.Template.Text;
        foreach (string variable in route.Template.Variables)
        {
            string pattern = Pattern(route, variable);
            Queue<string> parts = new(PathParts(route, variable));
            string replaced = string.Join('/', pattern.Split('/').Select(p => p == "*" ? $"{{{parts.Dequeue()}}}" : p));
            text = text.Replace($"{{{variable}={pattern}}}", replaced, StringComparison.Ordinal);
        }

        return text;
    }

    private static string Pattern(HttpRoute route, string variable)
    {
        string text = route.Template.Text;
        int start = text.IndexOf($"{{{variable}=", StringComparison.Ordinal) + variable.Length + 2;
        return text[start..text.IndexOf('}', start)];
    }

    private static string Singular(string collection) =>
        collection.EndsWith("ies", StringComparison.Ordinal) ? collection[..^3] + "y" : collection[..^1];

    private static JsonObject Content(JsonNode schema) => new() { ["schema"] = schema };

    private static JsonObject SchemaReference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private JsonObject Reference(MessageDescriptor message)
    {
        if (!_schemas.ContainsKey(message.FullName))
        {
            JsonObject schema = new() { ["type"] = "object", ["additionalProperties"] = false };
            _schemas[message.FullName] = schema;
            if (_comments.Of(message.FullName) is { Length: > 0 } comment)
            {
                schema["description"] = comment;
            }

            JsonObject properties = [];
            foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
            {
                properties[field.JsonName] = Schema(field);
            }

            schema["properties"] = properties;
        }

        return SchemaReference(message.FullName);
    }

    private JsonObject EnumReference(EnumDescriptor type)
    {
        IEnumerable<string> lines = type.Values.Select(v => $"- `{v.Name}`: {_comments.Of(v.FullName)}");
        _schemas[type.FullName] = new JsonObject
        {
            ["type"] = "string",
            ["description"] = $"{_comments.Of(type.FullName)}\n\n{string.Join('\n', lines)}",
            ["enum"] = new JsonArray([.. type.Values.Select(v => (JsonNode)v.Name)]),
        };
        return SchemaReference(type.FullName);
    }

    private JsonObject Schema(FieldDescriptor field, bool withDescription = true)
    {
        JsonObject schema = field.IsMap
            ? new JsonObject { ["type"] = "object", ["additionalProperties"] = Element(field.MessageType.FindFieldByNumber(2)) }
            : field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = Element(field) } : Element(field);
        if (withDescription && _comments.Of(field.FullName) is { Length: > 0 } comment)
        {
            schema["description"] = comment;
            if (comment.Contains("Output only.", StringComparison.Ordinal))
            {
                schema["readOnly"] = true;
            }
        }

        return schema;
    }

    private JsonObject Element(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => new JsonObject { ["type"] = "boolean" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
        FieldType.UInt32 or FieldType.Fixed32 => new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = uint.MaxValue },
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => new JsonObject { ["type"] = "string", ["pattern"] = "^-?[0-9]+$" },
        FieldType.UInt64 or FieldType.Fixed64 => new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]+$" },
        FieldType.Float or FieldType.Double => new JsonObject { ["type"] = "number" },
        FieldType.Bytes => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
        FieldType.Enum => EnumReference(field.EnumType),
        FieldType.Message when field.MessageType.File.Package != "google.protobuf" => Reference(field.MessageType),
        FieldType.Message => field.MessageType.Name switch
        {
            "Timestamp" => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            "Duration" => new JsonObject { ["type"] = "string", ["pattern"] = "^-?[0-9]+(\\.[0-9]{1,9})?s$" },
            "FieldMask" => new JsonObject { ["type"] = "string", ["examples"] = new JsonArray("mtu,routes") },
            _ => new JsonObject { ["type"] = "object" },
        },
        _ => new JsonObject { ["type"] = "string" },
    };

    private static JsonObject StatusSchema() => new()
    {
        ["type"] = "object",
        ["description"] = "What went wrong: a code of google.rpc.Code, a message for people, and details for programs. There is always a "
            + "google.rpc.ErrorInfo with a `reason`; google.rpc.BadRequest lists every wrong field.",
        ["properties"] = new JsonObject
        {
            ["code"] = new JsonObject { ["type"] = "integer", ["format"] = "int32" },
            ["message"] = new JsonObject { ["type"] = "string" },
            ["details"] = new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject { ["@type"] = new JsonObject { ["type"] = "string" } },
                    ["required"] = new JsonArray("@type"),
                },
            },
        },
    };
}
