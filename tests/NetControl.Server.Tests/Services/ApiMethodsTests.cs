using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Server.Gateway;
using NetControl.Server.Security;

namespace NetControl.Server.Tests.Services;

public sealed class ApiMethodsTests
{
    [Fact]
    public void EveryMethodOfTheProtos_IsServed_WithItsMessagesAndItsShape()
    {
        Dictionary<string, IMethod> served = Served(reflection: true);
        Assert.All(ApiServices.All.Concat(HealthReflection.Descriptor.Services).SelectMany(service => service.Methods), method =>
        {
            Assert.True(served.TryGetValue($"/{method.Service.FullName}/{method.Name}", out IMethod? bound), $"add a line to ApiMethods for {method.FullName}");
            Assert.Equal(Shape(method), bound.Type);
            Assert.Equal([method.InputType.ClrType, method.OutputType.ClrType], bound.GetType().GetGenericArguments());
        });
    }

    [Fact]
    public void Reflection_IsServedOnlyWhereItIsWanted()
    {
        string[] paths = ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"];
        Assert.All(paths, path => Assert.Equal(MethodType.DuplexStreaming, Served(reflection: true)[path].Type));
        Assert.All(paths, path => Assert.DoesNotContain(path, Served(reflection: false).Keys));
    }

    private static MethodType Shape(MethodDescriptor method) => (method.IsClientStreaming, method.IsServerStreaming) switch
    {
        (false, false) => MethodType.Unary,
        (false, true) => MethodType.ServerStreaming,
        (true, false) => MethodType.ClientStreaming,
        (true, true) => MethodType.DuplexStreaming,
    };

    private static Dictionary<string, IMethod> Served(bool reflection)
    {
        using TestPlane plane = new();
        using AccessRuntime access = AccessRuntime.Open(
            new AccessSettings { Reflection = reflection }, "config", TimeProvider.System, NullLoggerProvider.Instance);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        WebApplication app = Server.Hosting.WebHost.Finish(builder, plane.Plane, access, trustsInProcess: true);
        return ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method).OfType<IMethod>()
            .DistinctBy(method => method.FullName).ToDictionary(method => method.FullName, StringComparer.Ordinal);
    }
}
