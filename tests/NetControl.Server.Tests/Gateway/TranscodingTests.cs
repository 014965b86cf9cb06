using System.Collections;
using System.Globalization;
using System.Text;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.Extensions.Primitives;
using NetControl.Server.Gateway;

namespace NetControl.Server.Tests.Gateway;

/// <summary>JSON and gRPC say the same: random requests, by every path of every method.</summary>
public sealed class TranscodingTests
{
    // Given anew in every answer.
    private static readonly HashSet<string> s_fresh =
        new(["uid", "etag", "create_time", "update_time", "last_transition_time", "time", "server_time", "deadline", "confirmation_id"],
            StringComparer.Ordinal);

    public static TheoryData<string, string> Routes
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (HttpRoute route in new RouteTable(ApiServices.All).Routes)
            {
                data.Add(route.Verb, route.Template.Text);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public void Request_WrittenAsHttpAndReadBack_IsTheSame(string verb, string template)
    {
        HttpRoute route = new RouteTable(ApiServices.All).Routes.Single(r => r.Verb == verb && r.Template.Text == template);
        RandomMessages.Of(route.Method.InputType).Sample(message =>
        {
            (string path, List<KeyValuePair<string, StringValues>> query, byte[] body) = Write(route, message);
            Assert.True(route.Template.TryMatch(path, out string[] values), path);
            Assert.Equal(message, new RequestBuilder(route).Build(values, query, body));
        }, iter: 60, threads: 1);
    }

    [Fact]
    public async Task RandomRequests_AreAnsweredAlike_ByJsonAndByGrpc()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Open();
        MethodDescriptor[] methods = [.. ApiServices.All.SelectMany(s => s.Methods).Where(m => !m.IsServerStreaming && IsHarmless(m))];
        Assert.True(methods.Length > 20);
        await Gen.Int[0, methods.Length - 1].Select(i => methods[i]).SelectMany(m => RandomMessages.Of(m.InputType).Select(r => (m, r))).SampleAsync(async pair =>
        {
            (MethodDescriptor method, IMessage request) = pair;
            method.InputType.FindFieldByName("validate_only")?.Accessor.SetValue(request, true);
            method.InputType.FindFieldByName("request_id")?.Accessor.Clear(request);
            if (method.InputType.FindFieldByName(method.Name.Replace("Create", "", StringComparison.Ordinal).ToLowerInvariant() + "_id") is { } id
                && (string)id.Accessor.GetValue(request) == "")
            {
                id.Accessor.SetValue(request, "mine"); // Else the server chooses a name, another one each time.
            }

            (int Code, IMessage? Answer) grpc = await GrpcAsync(server, method, request);
            (int httpStatus, System.Text.Json.JsonElement json) =
                await server.JsonAsync("POST", RouteTable.GrpcPath(method), JsonFormatter.Default.Format(request));
            Assert.Equal(HttpStatusCodes.Of(grpc.Code), httpStatus);
            if (grpc.Answer is null)
            {
                Assert.Equal(grpc.Code, json.GetProperty("code").GetInt32());
            }
            else
            {
                IMessage answer = JsonParser.Default.Parse(json.GetRawText(), method.OutputType);
                Assert.Equal(Settled(grpc.Answer), Settled(answer));
            }
        }, iter: 300, threads: 1);
    }

    private static bool IsHarmless(MethodDescriptor method) =>
        method.InputType.FindFieldByName("validate_only") is not null
        || method.Name.StartsWith("Get", StringComparison.Ordinal) || method.Name.StartsWith("List", StringComparison.Ordinal);

    private static async Task<(int Code, IMessage? Answer)> GrpcAsync(TestServer server, MethodDescriptor method, IMessage request)
    {
        Marshaller<IMessage> input = Marshallers.Create(m => m.ToByteArray(), b => method.InputType.Parser.ParseFrom(b));
        Marshaller<IMessage> output = Marshallers.Create(m => m.ToByteArray(), b => method.OutputType.Parser.ParseFrom(b));
        Method<IMessage, IMessage> call = new(MethodType.Unary, method.Service.FullName, method.Name, input, output);
        try
        {
            return (0, await server.Channel.CreateCallInvoker().AsyncUnaryCall(call, null, default, request));
        }
        catch (RpcException e)
        {
            return ((int)e.StatusCode, null);
        }
    }

    private static IMessage Settled(IMessage message)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (s_fresh.Contains(field.Name) && !field.IsRepeated)
            {
                field.Accessor.Clear(message);
            }
            else if (field.FieldType == FieldType.Message && !field.IsMap)
            {
                object? value = field.Accessor.GetValue(message);
                foreach (IMessage inner in (value as IEnumerable)?.OfType<IMessage>() ?? (value is IMessage one ? [one] : []))
                {
                    Settled(inner);
                }
            }
        }

        return message;
    }

    // Takes from the message what cannot be said on this path, and gives the rest as path, query and body.
    private static (string Path, List<KeyValuePair<string, StringValues>> Query, byte[] Body) Write(HttpRoute route, IMessage message)
    {
        string path = route.Template.Text;
        Dictionary<string, string> bound = new(StringComparer.Ordinal);
        foreach (string variable in route.Template.Variables)
        {
            string pattern = path[(path.IndexOf($"{{{variable}=", StringComparison.Ordinal) + variable.Length + 2)..];
            pattern = pattern[..pattern.IndexOf('}', StringComparison.Ordinal)];
            string value = pattern.Replace("*", "a:ż b", StringComparison.Ordinal);
            bound[variable] = value;
            Set(message, variable.Split('.'), value);
            path = path.Replace($"{{{variable}={pattern}}}",
                string.Join('/', value.Split('/').Select(Uri.EscapeDataString)), StringComparison.Ordinal);
        }

        List<KeyValuePair<string, StringValues>> query = [];
        if (route.Body == "*")
        {
            return (path, query, Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(message)));
        }

        FieldDescriptor? bodyField = route.Body.Length == 0 ? null : message.Descriptor.FindFieldByName(route.Body);
        byte[] body = bodyField?.Accessor.GetValue(message) is IMessage inner ? Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(inner)) : [];
        AddQuery(query, message, "", bodyField, bound);
        return (path, query, body);
    }

    private static void AddQuery(List<KeyValuePair<string, StringValues>> query, IMessage message, string prefix, FieldDescriptor? body,
        Dictionary<string, string> bound)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder().Where(f => f != body && !bound.ContainsKey(prefix + f.Name)))
        {
            object? value = field.Accessor.GetValue(message);
            string name = prefix + field.JsonName;
            if (field.IsMap || (field.IsRepeated && field.FieldType == FieldType.Message))
            {
                field.Accessor.Clear(message);
            }
            else if (field.IsRepeated)
            {
                string[] texts = [.. ((IEnumerable)value).Cast<object>().Select(v => Text(field, v))];
                if (texts.Length > 0)
                {
                    query.Add(new(name, texts));
                }
            }
            else if (value is IMessage inner && inner.Descriptor.File.Package != "google.protobuf")
            {
                AddQuery(query, inner, name + ".", null, bound);
                if (inner.CalculateSize() == 0)
                {
                    field.Accessor.Clear(message); // An empty message cannot be said in a query.
                }
            }
            else if (field.HasPresence ? field.Accessor.HasValue(message) : !Equals(value, Default(field)))
            {
                query.Add(new(name, Text(field, value!)));
            }
        }
    }

    private static object Default(FieldDescriptor field) =>
        field.Accessor.GetValue(field.ContainingType.Parser.ParseFrom(ByteString.Empty));

    private static string Text(FieldDescriptor field, object value) => value switch
    {
        bool b => b ? "true" : "false",
        IMessage m => JsonFormatter.ToDiagnosticString(m).Trim('"'),
        ByteString bytes => bytes.ToBase64(),
        _ when field.FieldType == FieldType.Enum => field.EnumType.FindValueByNumber(System.Convert.ToInt32(value, CultureInfo.InvariantCulture)).Name,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => (string)value,
    };

    private static void Set(IMessage message, string[] path, string value)
    {
        FieldDescriptor field = message.Descriptor.FindFieldByName(path[0]);
        if (path.Length == 1)
        {
            field.Accessor.SetValue(message, value);
            return;
        }

        if (field.Accessor.GetValue(message) is not IMessage inner)
        {
            inner = field.MessageType.Parser.ParseFrom(ByteString.Empty);
            field.Accessor.SetValue(message, inner);
        }

        Set(inner, path[1..], value);
    }
}
