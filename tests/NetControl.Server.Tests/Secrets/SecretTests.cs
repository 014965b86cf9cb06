using System.Text;
using Google.Protobuf;
using Grpc.Core;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Network;
using NetControl.Protocol.V1;
using NetControl.Server.Mapping;
using NetControl.Server.Tests.Audit;
using NetControl.Transport.Chains;

namespace NetControl.Server.Tests.Secrets;

/// <summary>A secret goes in, and is looked for in everything that comes out.</summary>
public sealed class SecretTests
{
    private const string Marker = "xyzzyplugh";
    private const string Key2022 = "eHl6enlwbHVnaHh5enp5cA=="; // 16 bytes
    private static readonly string[] s_without =
        ["block", "disorder", "dnsintercept", "dnssplit", "dnstruncate", "do53", "doh", "dot", "override", "split", "tls", "tlsfrag", "ws"];

    private static readonly Dictionary<string, string[]> s_texts = new(StringComparer.Ordinal)
    {
        ["socks5"] = [$"socks5://{Marker}u:{Marker}p@192.0.2.1:1080"],
        ["ss"] =
        [
            $"ss://chacha20-ietf-poly1305:{Marker}@192.0.2.1:8388?prefix=abc",
            $"ss://{Base64($"aes-128-gcm:{Marker}")}@192.0.2.1:8388#{Marker}",
            $"ss://{Base64($"aes-256-gcm:{Marker}@192.0.2.1:8388")}",
            $"ss://2022-blake3-aes-128-gcm:{Uri.EscapeDataString(Key2022)}@192.0.2.1:8388",
        ],
        ["httpconnect"] =
            [$"httpconnect://{Marker}u:{Marker}p@192.0.2.1:443", $"httpconnect://192.0.2.1:3128?plain=true&auth=Bearer%20{Marker}"],
        ["h2connect"] = [$"h2connect://{Marker}u:{Marker}p@192.0.2.1:443", $"h2connect://192.0.2.1:443?auth={Marker}&sni=a.example"],
    };

    private static readonly string[] s_marks = [Marker, Key2022, Uri.EscapeDataString(Key2022), .. s_texts["ss"].Skip(1).Take(2).Select(text => text[5..25])];

    public static TheoryData<string> Texts() => [.. HopRegistry.Standard.Types.SelectMany(type => s_texts.GetValueOrDefault(type, []))
        .Where(text => !text.Contains(Uri.EscapeDataString(Key2022), StringComparison.Ordinal) || HopRegistry.Standard.TryParse(text, out _, out _))];

    [Fact]
    public void EveryRegisteredHop_IsKnownHere() => Assert.Empty(
        HopRegistry.Standard.Types.Except([.. s_without, .. s_texts.Keys], StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task ASecret_ComesOutNowhere(string config)
    {
        using MemoryLogs logs = new();
        TestPlane plane = new(logger: logs);
        await plane.AddDeviceAsync();
        await using TestServer server = await TestServer.StartAsync(plane, logs: logs);
        StringBuilder seen = new();
        Proxy made = See(await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "s", Proxy = new Proxy { Config = config } }), seen).Proxy;
        See(await server.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = "delegates/egress", Proxy = "proxies/s" }), seen);
        IStreamDialer dialer = server.Test.Engine.Open().Egress!.StreamDialer!;
        for (int i = 0; i < 3; i++)
        {
            Exception failed = await Assert.ThrowsAnyAsync<Exception>(
                async () => await dialer.DialAsync(HostPort.Parse("198.51.100.1:80"), TestContext.Current.CancellationToken));
            seen.AppendLine(failed.ToString());
        }

        See(await server.Diagnostics.ProbeProxyAsync(new ProbeProxyRequest { Proxy = "proxies/s", TcpTargets = { "198.51.100.1:80" } }), seen);
        See(await server.Diagnostics.ProbeProxyAsync(new ProbeProxyRequest { Config = config, TcpTargets = { "198.51.100.1:80" } }), seen);
        See(await server.Proxies.ListProxiesAsync(new ListProxiesRequest()), seen);
        See(await server.Delegates.GetDelegateAsync(new GetDelegateRequest { Name = "delegates/egress" }), seen);
        See(await server.Configuration.GetConfigurationAsync(new GetConfigurationRequest()), seen);
        See(await server.Diagnostics.DiagnoseRoutingAsync(new DiagnoseRoutingRequest()), seen);
        int at = config.IndexOf('@', StringComparison.Ordinal);
        foreach (string broken in (string[])[config + "|", "x" + config, config.Replace(":", "", StringComparison.Ordinal),
            config.Replace("@", "", StringComparison.Ordinal), at < 0 ? config : config[..at], config[..(at + 1)] + Marker])
        {
            try
            {
                See(await server.Proxies.UpdateProxyAsync(new UpdateProxyRequest { Proxy = new Proxy { Name = "proxies/s", Config = broken } }), seen);
            }
            catch (RpcException e)
            {
                seen.AppendLine(e.ToString()).AppendJoin('\n', e.Trailers.Select(t => t.IsBinary ? Encoding.UTF8.GetString(t.ValueBytes) : t.Value));
            }
        }

        // The same chain as hops, as it is, with a fault, and with credentials where none belong.
        Assert.True(HopRegistry.Standard.TryParse(config, out Chain? chain, out _));
        Protocol.V1.Hop[] hops = [.. chain.ToMessages()];
        See(await server.Proxies.UpdateProxyAsync(new UpdateProxyRequest { Proxy = new Proxy { Name = "proxies/s", Hops = { hops } } }), seen);
        See(await server.Proxies.GetProxyAsync(new GetProxyRequest { Name = "proxies/s" }), seen);
        See(await server.Diagnostics.ProbeProxyAsync(new ProbeProxyRequest { Hops = { hops }, TcpTargets = { "198.51.100.1:80" } }), seen);
        foreach (Protocol.V1.Hop broken in (Protocol.V1.Hop[])
            [
                new(),
                new() { Socks5 = new Socks5Hop { Server = $"u:{Marker}@h:1" } },
                new() { Shadowsocks = new ShadowsocksHop { Method = $"aes-256-gcm:{Marker}" } },
            ])
        {
            RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await server.Proxies.UpdateProxyAsync(
                new UpdateProxyRequest { Proxy = new Proxy { Name = "proxies/s", Config = config, Hops = { hops, broken } } }));
            seen.AppendLine(e.ToString()).AppendJoin('\n', e.Trailers.Select(t => t.IsBinary ? Encoding.UTF8.GetString(t.ValueBytes) : t.Value));
        }

        await SeeStreamAsync(server.Configuration.WatchResources(new WatchResourcesRequest()), message => message.SnapshotEnd is not null, seen);
        await SeeStreamAsync(server.Sessions.StreamSessionEvents(new StreamSessionEventsRequest { Snapshot = true }),
            message => message.SnapshotEnd is not null, seen);
        See(await server.Sessions.ListSessionsAsync(new ListSessionsRequest()), seen);
        See(await server.Sessions.GetAccountingAsync(new GetAccountingRequest()), seen);
        See(await server.Info.GetServerInfoAsync(new GetServerInfoRequest()), seen);

        // A document that says what was read, with another proxy that is wrong.
        GetConfigurationResponse read = See(await server.Configuration.GetConfigurationAsync(new GetConfigurationRequest()), seen);
        read.Configuration.Proxies.Add(new Proxy { Name = "proxies/wrong", Config = config + "|" });
        RpcException wrong = await Assert.ThrowsAsync<RpcException>(async () => await server.Configuration.ApplyConfigurationAsync(
            new ApplyConfigurationRequest { Configuration = read.Configuration }));
        seen.AppendLine(wrong.ToString()).AppendJoin('\n', wrong.Trailers.Select(t => t.IsBinary ? Encoding.UTF8.GetString(t.ValueBytes) : t.Value));
        foreach (StreamAuditRecordsResponse record in await AuditReader.RememberedAsync(server.Channel, new StreamAuditRecordsRequest()))
        {
            See(record, seen);
        }

        seen.AppendLine(await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken));
        seen.AppendLine(logs.Text).AppendJoin('\n', Environment.GetCommandLineArgs());
        Assert.Contains("192.0.2.1", made.Config, StringComparison.Ordinal);
        Assert.Contains("created proxies/s", logs.Text, StringComparison.Ordinal);
        foreach (string mark in s_marks)
        {
            Assert.DoesNotContain(mark, seen.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task WhatIsRead_IsRefusedWhenItIsWritten(string config)
    {
        await using TestServer server = await TestServer.StartAsync();
        Proxy made = (await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = "s", Proxy = new Proxy { Config = config } })).Proxy;
        RpcException refused = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Proxies.UpdateProxyAsync(new UpdateProxyRequest { Proxy = new Proxy { Name = made.Name, Config = made.Config } }));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("REDACTED stands where", refused.Status.Detail, StringComparison.Ordinal);
        made.Config = "";
        RichError typed = await RichError.OfAsync(async () => await server.Proxies.UpdateProxyAsync(new UpdateProxyRequest { Proxy = made }));
        Assert.Contains("REDACTED stands where", typed.Status.Message, StringComparison.Ordinal);
        Assert.All(typed.Fields, field => Assert.StartsWith("proxy.hops[0].", field, StringComparison.Ordinal));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=');

    private static async Task SeeStreamAsync<T>(AsyncServerStreamingCall<T> call, Func<T, bool> isLast, StringBuilder seen)
        where T : IMessage
    {
        using (call)
        {
            do
            {
                Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            }
            while (!isLast(See(call.ResponseStream.Current, seen)));
        }
    }

    private static T See<T>(T message, StringBuilder seen)
        where T : IMessage
    {
        seen.AppendLine(JsonFormatter.Default.Format(message));
        return message;
    }
}
