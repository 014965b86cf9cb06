using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Server.Security;

namespace NetControl.Server.Tests.Security;

public sealed class MethodTableTests
{
    [Fact]
    public void EveryMethodOfEveryProto_HasARow()
    {
        string[] missing = [.. ProtoMethods().Select(m => $"/{m.Service.FullName}/{m.Name}").Where(path => !MethodTable.Rules.ContainsKey(path))];
        Assert.True(missing.Length == 0, $"add rows to MethodTable for: {string.Join(", ", missing)}");
    }

    [Fact]
    public void EveryMethodThatIsServed_HasARow()
    {
        using TestPlane plane = new();
        using AccessRuntime access = AccessRuntime.Open(new AccessSettings(), "config", TimeProvider.System, NullLoggerProvider.Instance);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        WebApplication app = Server.Hosting.WebHost.Finish(builder, plane.Plane, access, trustsInProcess: true);
        string[] served = [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()).OfType<GrpcMethodMetadata>()
            .Select(metadata => metadata.Method.FullName).Distinct(StringComparer.Ordinal)];
        Assert.True(served.Length > 20, $"{served.Length} methods are served");
        Assert.All(served, path => Assert.True(MethodTable.Rules.ContainsKey(path), $"add a row to MethodTable for {path}"));
    }

    [Fact]
    public void EveryRow_IsOfAMethodThatThereIs()
    {
        HashSet<string> known = [.. ProtoMethods().Select(m => $"/{m.Service.FullName}/{m.Name}")];
        Assert.All(MethodTable.Rules.Where(r => r.Value.Service.StartsWith("netcontrol.", StringComparison.Ordinal)), row =>
        {
            Assert.Contains(row.Key, known);
            Assert.NotNull(row.Value.Descriptor);
        });
    }

    [Fact]
    public void WhatReads_IsForViewers_AndWhatMakesOrRemoves_ForAdministrators() => Assert.All(MethodTable.Rules.Values, rule =>
    {
        if (rule.Name.StartsWith("Get", StringComparison.Ordinal) || rule.Name.StartsWith("List", StringComparison.Ordinal))
        {
            Assert.True(rule.Role <= Role.Viewer && !rule.Audited, rule.Name);
        }
        else if (rule.Name.StartsWith("Create", StringComparison.Ordinal) || rule.Name.StartsWith("Delete", StringComparison.Ordinal)
            || rule.Name.StartsWith("Update", StringComparison.Ordinal))
        {
            Assert.True(rule.Role == Role.Admin && rule.Audited, rule.Name);
        }
    });

    [Fact]
    public void MethodWithoutARow_IsForAdministrators_AndAudited()
    {
        MethodRule rule = MethodTable.Of("/netcontrol.v1.New/Thing");
        Assert.Equal((Role.Admin, true), (rule.Role, rule.Audited));
    }

    /// <summary>Every method of every service in the generated assembly, whether or not anybody serves it.</summary>
    internal static IEnumerable<MethodDescriptor> ProtoMethods() => typeof(Protocol.V1.Device).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
        .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<FileDescriptor>()
        .SelectMany(file => file.Services).SelectMany(service => service.Methods);
}
