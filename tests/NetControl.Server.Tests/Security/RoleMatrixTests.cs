using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using NetControl.ControlPlane.Lists;
using NetControl.Server.Security;
using NetControl.Server.Security.Tokens;

namespace NetControl.Server.Tests.Security;

/// <summary>Every method with every role, over real sockets.</summary>
public sealed class RoleMatrixTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("None")]
    [InlineData("Viewer")]
    [InlineData("Operator")]
    [InlineData("Admin")]
    public async Task EveryMethod_IsOpenToItsRoleAndThoseAbove_AndToNobodyElse(string name)
    {
        Role role = Enum.Parse<Role>(name);
        Dictionary<string, string> tokens = new(StringComparer.Ordinal);
        string file = Path.Combine(_folder, "tokens");
        foreach (Role each in new[] { Role.Viewer, Role.Operator, Role.Admin })
        {
            string token = TokenSecret.Create();
            tokens[each.ToString()] = token;
            await File.AppendAllTextAsync(file, TokenFile.Format(new TokenEntry(each.ToString(), each, TokenSecret.Hash(token), null)) + "\n");
        }

        await using SecureServer server = await SecureServer.StartAsync($"""
            listen:
              grpc: ["http://127.0.0.1:0"]
              http: off
              tokenFile: {file}
            """);
        GrpcChannel channel = server.Connect(token: tokens.GetValueOrDefault(role.ToString()));
        foreach (MethodDescriptor method in MethodTableTests.ProtoMethods())
        {
            MethodRule rule = MethodTable.Of($"/{method.Service.FullName}/{method.Name}");

            // Nothing that the request names is there: who may not call must not learn even that.
            (StatusCode code, string reason) = await CallAsync(channel, method);
            (StatusCode Code, string Reason)? refused = role == Role.None ? (StatusCode.Unauthenticated, "CREDENTIALS_MISSING")
                : role < rule.Role ? (StatusCode.PermissionDenied, "ROLE_TOO_LOW") : null;
            if (refused is { } expected)
            {
                Assert.True(expected == (code, reason), $"{name} {method.FullName}: {code} {reason}");
            }
            else
            {
                Assert.True(code is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied), $"{name} {method.FullName}: {code} {reason}");
            }
        }

        // An empty CreateProxy is a valid one; nobody else made anything.
        Assert.Equal(role == Role.Admin ? 3 : 2, server.Test.Plane.Proxies.List(new ListRequest()).Items.Count);
    }

    // A call by descriptor, so that a method that is added tomorrow is tested tomorrow.
    internal static Task<(StatusCode Code, string Reason)> CallAsync(GrpcChannel channel, MethodDescriptor method, byte[]? request = null)
    {
        Marshaller<byte[]> raw = new(bytes => bytes, bytes => bytes);
        MethodType type = method.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary;
        Method<byte[], byte[]> call = new(type, method.Service.FullName, method.Name, raw, raw);
        CallOptions options = new(deadline: DateTime.UtcNow.AddSeconds(30));
        byte[] body = request ?? NameOf(method);
        return SecureServer.OutcomeAsync(async () =>
        {
            if (type == MethodType.Unary)
            {
                await channel.CreateCallInvoker().AsyncUnaryCall(call, null, options, body);
                return;
            }

            using AsyncServerStreamingCall<byte[]> stream = channel.CreateCallInvoker().AsyncServerStreamingCall(call, null, options, body);
            await stream.ResponseStream.MoveNext(CancellationToken.None);
        });
    }

    private static byte[] NameOf(MethodDescriptor method)
    {
        IMessage request = method.InputType.Parser.ParseFrom([]);
        FieldDescriptor? name = method.InputType.FindFieldByName("name");
        if (name is { FieldType: FieldType.String })
        {
            name.Accessor.SetValue(request, "devices/nowhere");
        }

        return request.ToByteArray();
    }
}
