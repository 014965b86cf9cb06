using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Services;

public sealed class FailoverServiceTests
{
    private static readonly string[] s_both = ["proxies/a", "proxies/b"];

    [Fact]
    public async Task Create_GivesBackWhatWasAsked_WithEveryDefault()
    {
        await using TestServer server = await TestServer.StartAsync();
        Protocol.V1.Delegate made = (await server.Delegates.CreateDelegateAsync(new CreateDelegateRequest
        {
            DelegateId = "choosy",
            Delegate = new Protocol.V1.Delegate
            {
                Proxies = { s_both },
                Failover = new FailoverPolicy { Mode = FailoverPolicy.Types.Mode.LowestLatency, Probe = new HealthProbe { Target = "192.0.2.1:443" } },
            },
        })).Delegate;
        Assert.Equal(("proxies/a", 1L), (made.Proxy, made.Generation));
        Assert.Equal(s_both, made.Proxies);
        FailoverPolicy expected = new()
        {
            Mode = FailoverPolicy.Types.Mode.LowestLatency,
            Failures = 3,
            Window = 20,
            WindowFailures = 10,
            Successes = 3,
            HoldDown = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)),
            BackOff = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)),
            MaxBackOff = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)),
            Probe = new HealthProbe
            {
                Target = "192.0.2.1:443",
                Interval = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)),
                Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)),
            },
        };
        Assert.Equal(expected, made.Failover);
        Protocol.V1.Delegate read = (await server.Delegates.GetDelegateAsync(new GetDelegateRequest { Name = made.Name })).Delegate;
        Assert.Equal(s_both, read.Health.Select(health => health.Proxy));
        Assert.Equal(["delegates/choosy", "delegates/egress"], (await server.Proxies.GetProxyAsync(new GetProxyRequest { Name = "proxies/a" })).Proxy.UsedBy);
    }

    [Fact]
    public async Task Update_FollowsItsMask_AndItsEtag()
    {
        await using TestServer server = await TestServer.StartAsync();
        Protocol.V1.Delegate before = (await server.Delegates.GetDelegateAsync(new GetDelegateRequest { Name = "delegates/egress" })).Delegate;
        UpdateDelegateRequest request = new()
        {
            Delegate = new Protocol.V1.Delegate { Name = before.Name, Etag = before.Etag, Proxies = { s_both }, Failover = new FailoverPolicy { Failures = 7 } },
            UpdateMask = new FieldMask { Paths = { "proxies" } },
        };
        Protocol.V1.Delegate after = (await server.Delegates.UpdateDelegateAsync(request)).Delegate;
        Assert.Equal(s_both, after.Proxies);
        Assert.Null(after.Failover);
        RpcException stale = await Assert.ThrowsAsync<RpcException>(async () => await server.Delegates.UpdateDelegateAsync(request));
        Assert.Equal(StatusCode.Aborted, stale.StatusCode);
        request.Delegate.Etag = "";
        request.UpdateMask.Paths[0] = "proxy";
        RpcException wrong = await Assert.ThrowsAsync<RpcException>(async () => await server.Delegates.UpdateDelegateAsync(request));
        Assert.Contains("proxies, failover", wrong.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheDocument_TakesBackWhatItGave()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.Delegates.UpdateDelegateAsync(new UpdateDelegateRequest
        {
            Delegate = new Protocol.V1.Delegate
            {
                Name = "delegates/egress",
                Proxies = { s_both },
                Failover = new FailoverPolicy { Mode = FailoverPolicy.Types.Mode.Fixed, Probe = new HealthProbe { Target = "dns.example:53", SkipStandby = true } },
            },
        });
        Protocol.V1.Configuration document = (await server.Configuration.GetConfigurationAsync(new GetConfigurationRequest())).Configuration;
        Protocol.V1.Delegate wish = Assert.Single(document.Delegates);
        Assert.Equal(s_both, wish.Proxies);
        Assert.True(wish.Failover.Probe.SkipStandby);
        Assert.Empty(wish.Health);
        ApplyConfigurationResponse applied = await server.Configuration.ApplyConfigurationAsync(
            new ApplyConfigurationRequest { Configuration = document, Prune = true });
        Assert.Empty(applied.Steps);
    }

    [Fact]
    public async Task Metrics_TellHealthAndDials_WithoutMoreLabelsThanResources()
    {
        await using TestServer server = await TestServer.StartAsync();
        NetControl.Network.IStreamDialer dialer = server.Test.Engine.Open().Egress!.StreamDialer!;
        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAnyAsync<NetControl.Network.DialException>(async () => await dialer.DialAsync(
                NetControl.Network.HostPort.Parse($"198.51.100.{i + 1}:80"), TestContext.Current.CancellationToken));
        }

        string[] lines = [.. (await server.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken)).Split('\n')
            .Where(line => line.StartsWith("netcontrol_proxy_healthy", StringComparison.Ordinal)
                || line.StartsWith("netcontrol_dial_duration_seconds_count", StringComparison.Ordinal))];
        Assert.Equal(
            [
                "netcontrol_proxy_healthy{delegate=\"delegates/egress\",proxy=\"proxies/a\"} 0",
                "netcontrol_dial_duration_seconds_count{proxy=\"proxies/a\",stage=\"dial\",result=\"proxy_unreachable\"} 3",
                "netcontrol_dial_duration_seconds_count{proxy=\"proxies/a\",stage=\"connect\",result=\"refused\"} 3",
            ],
            lines.Order(StringComparer.Ordinal).Reverse());
    }
}
