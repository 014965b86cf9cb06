using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Protocol.V1;
using NetControl.Transport.Dns;
using SessionCause = NetControl.Engine.Sessions.SessionCause;
using SessionProtocol = NetControl.Engine.Sessions.SessionProtocol;

namespace NetControl.Server.Tests.Metrics;

public sealed class EngineMetricsTests
{
    [Fact]
    public async Task Scrape_AfterTraffic_HasEveryFamilyWithItsValues()
    {
        await using TestServer server = await TestServer.StartAsync();
        SessionInfo v4 = server.Test.Engine.Open();
        SessionInfo v6 = server.Test.Engine.Open(v4: false);
        server.Test.Engine.Open(protocol: SessionProtocol.Udp);
        server.Test.Engine.Move(v4.Id, 100, 200);
        server.Test.Engine.Move(v6.Id, 1, 2);
        server.Test.Engine.Close(v4.Id, SessionCause.ClientReset);
        await server.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = "delegates/egress", Proxy = "proxies/b" });
        string text = await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        foreach (string line in new[]
        {
            "netcontrol_device_packets_total{device=\"devices/tun0\",direction=\"in\"} 10",
            "netcontrol_device_bytes_total{device=\"devices/tun0\",direction=\"out\"} 2000",
            "netcontrol_device_drops_total{device=\"devices/tun0\",reason=\"malformed\"} 2",
            "netcontrol_device_drops_total{device=\"devices/tun0\",reason=\"half_open_limit\"} 0",
            "netcontrol_device_limit{device=\"devices/tun0\",resource=\"half_open\"} 4096",
            "netcontrol_device_usage{device=\"devices/tun0\",resource=\"tcp_sessions\"} 0",
            "netcontrol_sessions_opened_total{device=\"devices/tun0\",delegate=\"delegates/egress\",proto=\"tcp\",family=\"ipv4\"} 1",
            "netcontrol_sessions_closed_total{device=\"devices/tun0\",delegate=\"delegates/egress\",proto=\"tcp\",family=\"ipv4\","
                + "cause=\"client_reset\"} 1",
            "netcontrol_sessions_active{device=\"devices/tun0\",delegate=\"delegates/egress\",proto=\"tcp\",family=\"ipv6\"} 1",
            "netcontrol_sessions_active{device=\"devices/tun0\",delegate=\"delegates/egress\",proto=\"tcp\",family=\"ipv4\"} 0",
            "netcontrol_session_bytes_total{device=\"devices/tun0\",delegate=\"delegates/egress\",proto=\"tcp\",direction=\"sent\"} 101",
            "netcontrol_session_bytes_total{device=\"devices/tun0\",delegate=\"delegates/egress\",proto=\"tcp\",direction=\"received\"} "
                + "202",
            "netcontrol_delegate_generation{delegate=\"delegates/egress\"} 2",
            "netcontrol_delegate_swaps_total{delegate=\"delegates/egress\",existing=\"keep\"} 1",
            "netcontrol_tcp_retransmits_total{device=\"devices/tun0\"} 1",
            "netcontrol_tcp_rst_total{device=\"devices/tun0\",origin=\"client\"} 3",
            "netcontrol_tcp_rst_total{device=\"devices/tun0\",origin=\"netcontrol\"} 2",
            "netcontrol_tcp_rst_total{device=\"devices/tun0\",origin=\"upstream\"} 0",
            "netcontrol_tcp_half_open{device=\"devices/tun0\"} 0",
            "netcontrol_events_published_total 5",
            "netcontrol_events_lost_total{reason=\"slow_reader\"} 0",
            "netcontrol_event_subscribers 0",
            "netcontrol_config_generation 5",
            "netcontrol_config_reloads_total{result=\"failure\"} 0",
            "netcontrol_storage_failures_total{reason=\"in_use\"} 0",
            "netcontrol_engine_loop_busy_seconds_total{thread=\"netcontrol-0\"} 1.5",
            "netcontrol_buffer_pool_bytes 4096",
        })
        {
            Assert.Contains(line + "\n", text, StringComparison.Ordinal);
        }

        Assert.Contains("netcontrol_build_info{version=", text, StringComparison.Ordinal);
        Assert.Contains("process_cpu_seconds_total", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policies_AreCountedByRule_AndForgottenWhenTheyAreGone()
    {
        await using TestServer server = await TestServer.StartAsync();
        PolicyService.PolicyServiceClient policies = new(server.Channel);
        await policies.CreatePolicyAsync(new CreatePolicyRequest
        {
            PolicyId = "p",
            Policy = new Policy
            {
                Rules = { new PolicyRule { Id = "mail", Action = PolicyAction.Deny, Ports = { "25" } }, new PolicyRule { Id = "web", Action = PolicyAction.Allow } },
            },
        });
        await server.Devices.UpdateDeviceAsync(new UpdateDeviceRequest { Device = new Device { Name = "devices/tun0", Policy = "policies/p" } });
        Engine.Policies.PolicyModel model = server.Test.Engine.Devices[^1].Policy!;
        await ExpectAsync((0, 0, 0));
        model.Rules[0].Hits.Add();
        model.Rules[0].Hits.Add();
        model.Otherwise.Hits.Add();
        await ExpectAsync((2, 0, 1));
        await policies.DeletePolicyAsync(new DeletePolicyRequest { Name = "policies/p", Force = true });
        Assert.DoesNotContain("netcontrol_policy_hits_total{", await ScrapeAsync(), StringComparison.Ordinal);

        async Task ExpectAsync((int Mail, int Web, int Otherwise) hits)
        {
            string text = await ScrapeAsync();
            Assert.Contains($"netcontrol_policy_hits_total{{policy=\"policies/p\",rule=\"mail\"}} {hits.Mail}\n", text, StringComparison.Ordinal);
            Assert.Contains($"netcontrol_policy_hits_total{{policy=\"policies/p\",rule=\"web\"}} {hits.Web}\n", text, StringComparison.Ordinal);
            Assert.Contains($"netcontrol_policy_hits_total{{policy=\"policies/p\",rule=\"\"}} {hits.Otherwise}\n", text, StringComparison.Ordinal);
        }

        Task<string> ScrapeAsync() => server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
    }

    [Fact]
    public async Task Dns_IsCountedByProxy_AndForgottenWithIt()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.DoesNotContain("netcontrol_dns_cache_lookups_total{", await ScrapeAsync(), StringComparison.Ordinal); // no proxy has a cache
        await server.Proxies.UpdateProxyAsync(
            new UpdateProxyRequest { Proxy = new Proxy { Name = "proxies/a", Config = "do53:address=192.0.2.53&cache=10" } });
        await Assert.ThrowsAnyAsync<DialException>(async () => await server.Test.Engine.Open().Egress!.StreamDialer!.DialAsync(
            new HostPort("secret-host.example", 80), TestContext.Current.CancellationToken));
        server.Test.Plane.Names.Count(DnsResolverKind.System, DnsOutcome.Nxdomain, TimeSpan.FromMilliseconds(2));
        string text = await ScrapeAsync();
        foreach (string line in (string[])
        [
            "netcontrol_dns_cache_lookups_total{proxy=\"proxies/a\",result=\"miss\"} 2", // AAAA and A
            "netcontrol_dns_cache_lookups_total{proxy=\"proxies/a\",result=\"hit\"} 0",
            "netcontrol_dns_cache_lookups_total{proxy=\"proxies/a\",result=\"negative_hit\"} 0",
            "netcontrol_dns_cache_lookups_total{proxy=\"proxies/a\",result=\"stale\"} 0",
            "netcontrol_dns_cache_evictions_total{proxy=\"proxies/a\"} 0",
            "netcontrol_dns_cache_entries{proxy=\"proxies/a\"} 0",
            "netcontrol_dns_upstream_duration_seconds_count{proxy=\"proxies/a\",resolver=\"plain\",outcome=\"unreachable\"} 2",
            "netcontrol_dns_upstream_duration_seconds_count{proxy=\"\",resolver=\"system\",outcome=\"nxdomain\"} 1",
            "netcontrol_dns_upstream_duration_seconds_sum{proxy=\"\",resolver=\"system\",outcome=\"nxdomain\"} 0.002",
        ])
        {
            Assert.Contains(line + "\n", text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("secret-host", text, StringComparison.Ordinal);
        await server.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/a", Force = true });
        text = await ScrapeAsync();
        Assert.DoesNotContain("netcontrol_dns_cache_lookups_total{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("resolver=\"plain\"", text, StringComparison.Ordinal);
        Assert.Contains("resolver=\"system\"", text, StringComparison.Ordinal);

        Task<string> ScrapeAsync() => server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
    }

    [Fact]
    public async Task Scrape_AfterADelegateIsGone_DropsItsGauge()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        await server.Delegates.DeleteDelegateAsync(new DeleteDelegateRequest { Name = "delegates/egress", Force = true });
        Assert.DoesNotContain("netcontrol_delegate_generation{", await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readiness_FollowsTheDevices_AndLivenessDoesNot()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal("ok\ndevices/tun0 READY\n", await server.Http.GetStringAsync(new Uri("/readyz", UriKind.Relative)));
        await server.Delegates.DeleteDelegateAsync(new DeleteDelegateRequest { Name = "delegates/egress", Force = true });
        using HttpResponseMessage response = await server.Http.GetAsync(new Uri("/readyz", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("not ready\ndevices/tun0 BLOCKED\n", await response.Content.ReadAsStringAsync());
        Assert.Equal("ok\n", await server.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
    }
}
