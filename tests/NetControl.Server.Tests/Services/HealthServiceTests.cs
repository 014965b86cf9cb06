using Grpc.Core;
using Grpc.Health.V1;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Services;

public sealed class HealthServiceTests
{
    [Fact]
    public async Task Check_OfProcessServiceAndDevice_FollowsTheDevice()
    {
        await using TestServer server = await TestServer.StartAsync();
        Health.HealthClient health = new(server.Channel);
        foreach (string service in new[] { "", "netcontrol.v1.DeviceService", "devices/tun0", "ready" })
        {
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving,
                (await health.CheckAsync(new HealthCheckRequest { Service = service })).Status);
        }

        await server.Devices.DetachPacketProxyAsync(new DetachPacketProxyRequest { Name = "devices/tun0" });
        await server.Devices.DetachStreamDialerAsync(new DetachStreamDialerRequest { Name = "devices/tun0" });
        foreach ((string service, HealthCheckResponse.Types.ServingStatus expected) in new[]
        {
            ("devices/tun0", HealthCheckResponse.Types.ServingStatus.NotServing),
            ("ready", HealthCheckResponse.Types.ServingStatus.NotServing),

            // Whether the process is alive does not depend on a way out: nobody is to restart it for that.
            ("", HealthCheckResponse.Types.ServingStatus.Serving),
        })
        {
            Assert.Equal(expected, (await health.CheckAsync(new HealthCheckRequest { Service = service })).Status);
        }

        RpcException e = await Assert.ThrowsAsync<RpcException>(async () =>
            await health.CheckAsync(new HealthCheckRequest { Service = "nobody" }));
        Assert.Equal(StatusCode.NotFound, e.StatusCode);
    }

    [Fact]
    public async Task Watch_TellsChanges_AndEndsAtShutdown()
    {
        await using TestServer server = await TestServer.StartAsync(withDevice: false);
        using var call = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest { Service = "devices/tun0" });
        List<HealthCheckResponse.Types.ServingStatus> seen = [];
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        seen.Add(call.ResponseStream.Current.Status);
        await server.Test.AddDeviceAsync();
        while (seen[^1] != HealthCheckResponse.Types.ServingStatus.Serving && await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            seen.Add(call.ResponseStream.Current.Status);
        }

        await server.Test.Plane.ShutdownAsync();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            seen.Add(call.ResponseStream.Current.Status);
        }

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.ServiceUnknown, seen[0]);
        Assert.Contains(HealthCheckResponse.Types.ServingStatus.Serving, seen);
        Assert.NotEqual(HealthCheckResponse.Types.ServingStatus.Serving, seen[^1]);
    }
}
