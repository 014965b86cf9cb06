using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Security;

public sealed class HealthListenerTests
{
    [Fact]
    public async Task HealthListener_TellsHealth_AndServesNothingElse()
    {
        await using SecureServer server = await SecureServer.StartAsync("""
            listen:
              grpc: ["http://127.0.0.1:0"]
              http: "http://127.0.0.1:0"
              health: "http://127.0.0.1:0"
            """);
        using GrpcChannel channel = GrpcChannel.ForAddress(server.HealthUrl);
        HealthCheckResponse health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest { Service = "ready" });
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(
            () => new InfoService.InfoServiceClient(channel).GetServerInfoAsync(new GetServerInfoRequest()).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        using HttpClient http = new()
        {
            DefaultRequestVersion = new Version(2, 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage metrics = await http.GetAsync(new Uri($"{server.HealthUrl}/metrics"));
        Assert.False(metrics.IsSuccessStatusCode);
    }
}
