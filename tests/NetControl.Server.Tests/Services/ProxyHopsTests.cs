using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.ControlPlane.Specs;
using NetControl.Protocol.V1;
using NetControl.Server.Configuration;

namespace NetControl.Server.Tests.Services;

/// <summary>A proxy's chain in both of its forms, through the API and its documents.</summary>
public sealed class ProxyHopsTests
{
    private static readonly Hop s_socks = new() { Socks5 = new Socks5Hop { Server = "h:1080", Username = "u", Password = "hunter2" } };
    private static readonly Hop s_plain = new() { Socks5 = new Socks5Hop { Server = "h:1080" } };
    private static readonly Hop s_split = new() { Split = new SplitHop { Pieces = { new SplitHop.Types.Piece { Length = 2 } } } };

    [Fact]
    public async Task Hops_MakeTheChainThatTheTextMakes_AndReadsGiveBoth()
    {
        await using TestServer server = await TestServer.StartAsync();
        Proxy typed = await CreateAsync(server, new Proxy { Name = "proxies/x", Hops = { s_socks, s_split } });
        Proxy text = await CreateAsync(server, new Proxy { Name = "proxies/y", Config = "socks5://u:hunter2@h:1080|split:2" });
        Assert.Equal("socks5://REDACTED@h:1080|split:2", typed.Config);
        Assert.Equal((text.Config, text.Hops), (typed.Config, typed.Hops));
        Assert.Equal(new Socks5Hop { Server = "h:1080", Username = "REDACTED", Password = "REDACTED" }, typed.Hops[0].Socks5);
        Assert.Empty((await CreateAsync(server, new Proxy { Name = "proxies/z" })).Hops);
        Assert.Equal(typed, (await server.Proxies.GetProxyAsync(new GetProxyRequest { Name = "proxies/x" })).Proxy);
    }

    [Fact]
    public async Task BothForms_HaveToMeanTheSame()
    {
        await using TestServer server = await TestServer.StartAsync();
        Proxy made = await CreateAsync(server, new Proxy { Name = "proxies/x", Config = " SOCKS5://u:h%75nter2@h:1080/ ", Hops = { s_socks } });
        Assert.Equal("socks5://REDACTED@h:1080", made.Config);
        foreach (string other in (string[])["socks5://u:hunter3@h:1080", "socks5://h:1080|split:2", "block:"])
        {
            Proxy both = new() { Name = "proxies/y", Config = other, Hops = { s_socks } };
            RichError error = await RichError.OfAsync(() => CreateAsync(server, both));
            Assert.Equal((StatusCode.InvalidArgument, "proxy.config proxy.hops"), (error.Code, string.Join(' ', error.Fields)));
            Assert.DoesNotContain("hunter", error.Status.ToString(), StringComparison.Ordinal);
        }

        RichError broken = await RichError.OfAsync(
            () => CreateAsync(server, new Proxy { Name = "proxies/y", Config = "nothing:", Hops = { s_socks } }));
        Assert.Equal(["proxy.config"], broken.Fields);
    }

    [Fact]
    public async Task WhatTheMachineLacks_IsToldAtItsHop()
    {
        await using TestServer server = await TestServer.StartAsync();
        Hop lacking = new() { Tls = new TlsHop { CaFile = "/nowhere/ca.pem" } };
        RichError error = await RichError.OfAsync(() => CreateAsync(server, new Proxy { Name = "proxies/x", Hops = { lacking, s_plain } }));
        Assert.Equal(["proxy.hops[0].tls"], error.Fields);
        Assert.Contains("/nowhere/ca.pem", error.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UpdateMask_ChoosesTheForm()
    {
        await using TestServer server = await TestServer.StartAsync();
        await CreateAsync(server, new Proxy { Name = "proxies/x", Config = "block:" });
        Assert.Equal("split:2", (await UpdateAsync(server, new Proxy { Hops = { s_split } })).Config);
        Assert.Equal("socks5://h:1080", (await UpdateAsync(server, new Proxy { Config = "split:7", Hops = { s_plain } }, "hops")).Config);
        Assert.Equal("split:7", (await UpdateAsync(server, new Proxy { Config = "split:7", Hops = { s_plain } }, "config")).Config);
        Assert.Equal("split:7", (await UpdateAsync(server, new Proxy { Hops = { s_plain } }, "udp_idle_timeout")).Config);
        Assert.Equal("socks5://h:1080", (await UpdateAsync(server, new Proxy { Hops = { s_plain } }, "*")).Config);
        Assert.Equal("", (await UpdateAsync(server, new Proxy(), "hops")).Config);
        RichError error = await RichError.OfAsync(
            () => UpdateAsync(server, new Proxy { Config = "split:7", Hops = { s_plain } }, "config", "hops"));
        Assert.Equal(["proxy.config", "proxy.hops"], error.Fields);
    }

    [Fact]
    public async Task WhatIsReadWithoutSecrets_CanBeWrittenBack()
    {
        await using TestServer server = await TestServer.StartAsync();
        Proxy made = await CreateAsync(server, new Proxy { Name = "proxies/x", Hops = { s_plain, s_split } });
        made.UdpIdleTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(5));
        made.Etag = "";
        Proxy again = await UpdateAsync(server, made);
        Assert.Equal((made.Config, made.Hops, made.UdpIdleTimeout), (again.Config, again.Hops, again.UdpIdleTimeout));
    }

    [Fact]
    public async Task ADocument_TakesHops_AndGivesText()
    {
        await using TestServer server = await TestServer.StartAsync();
        Protocol.V1.Configuration document = new() { Proxies = { new Proxy { Name = "proxies/x", Hops = { s_socks } } } };
        await server.Configuration.ApplyConfigurationAsync(new ApplyConfigurationRequest { Configuration = document });
        document = (await server.Configuration.GetConfigurationAsync(new GetConfigurationRequest())).Configuration;
        Proxy read = document.Proxies.Single(proxy => proxy.Name == "proxies/x");
        Assert.Equal(("socks5://REDACTED@h:1080", 0), (read.Config, read.Hops.Count));
        Assert.Empty((await server.Configuration.ApplyConfigurationAsync(new ApplyConfigurationRequest { Configuration = document })).Steps);

        // What is hidden cannot be compared with hops: it is not taken for "as it is" beside them.
        read.Hops.Add(s_plain);
        RichError hidden = await RichError.OfAsync(async () =>
            await server.Configuration.ApplyConfigurationAsync(new ApplyConfigurationRequest { Configuration = document }));
        Assert.Equal([$"proxies[{document.Proxies.IndexOf(read)}].config"], hidden.Fields);

        Proxy faulty = new() { Name = "proxies/x", Hops = { new Hop { Tls = new TlsHop { CaFile = "x" } } } };
        document = new() { Proxies = { new Proxy { Name = "proxies/a" }, faulty } };
        RichError error = await RichError.OfAsync(async () =>
            await server.Configuration.ApplyConfigurationAsync(new ApplyConfigurationRequest { Configuration = document }));
        Assert.Equal(["proxies[1].hops[0].tls.caFile"], error.Fields);
    }

    [Fact]
    public void AFile_TakesHops()
    {
        ProxyDraft draft = Assert.Single(ConfigurationLoader.Load("""
            proxies:
              - name: proxies/upstream
                hops:
                  - tls: {sni: front.example, alpn: [h2]}
                  - shadowsocks: {server: "192.0.2.1:8388", method: aes-256-gcm, password: "12", prefix: "AAE="}
                  - block: {reason: REFUSED}
            """).Desired.Proxies);
        Assert.Equal("tls:sni=front.example&alpn=h2|ss://aes-256-gcm:12@192.0.2.1:8388?prefix=%00%01|block:refused", draft.Config);
    }

    [Fact]
    public void AFilesFaults_HaveTheirPaths()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load("""
            proxies:
              - name: proxies/a
                hops: [{override: {port: 70000}}, {dot: {server: 1.1.1.1, cacheSize: 100001}}]
              - name: proxies/b
                udpIdleTimeout: "0.5s"
            """));
        Assert.Equal(
            ["proxies[0].hops[0].override.port", "proxies[0].hops[1].dot.cacheSize", "proxies[1].udpIdleTimeout"],
            e.Violations.Select(violation => violation.Field));
    }

    [Theory]
    [InlineData("hops: 'socks5://u:hunter2@h:1'", "hops", "is not a list (line 2)")]
    [InlineData("hops: ['socks5://u:hunter2@h:1']", "hops[0]", "is not a mapping (line 2)")]
    [InlineData("hops: [{socks5: 'u:hunter2@h:1'}]", "hops[0].socks5", "is not a mapping (line 2)")]
    [InlineData("hops: [{shadowsocks: {prefix: '%16'}}]", "hops[0].shadowsocks.prefix",
        "\"%16\" is not base64 (line 2); write e.g. \"SFRUUA==\"")]
    [InlineData("hops: [{socks: {}}]", "hops[0].socks", "unknown field (line 2); did you mean socks5?")]
    public void WhatStandsInPlaceOfHops_IsNotShown(string line, string path, string description)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(
            () => ConfigurationLoader.Load($"proxies:\n- {{name: proxies/a, {line}}}\n"));
        Assert.Equal($"proxies[0].{path}", e.Violations[0].Field);
        Assert.StartsWith(description, e.Violations[0].Description, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", $"{e} {string.Join('\n', e.Violations)}", StringComparison.Ordinal);
    }

    private static async Task<Proxy> CreateAsync(TestServer server, Proxy proxy) =>
        (await server.Proxies.CreateProxyAsync(new CreateProxyRequest { Proxy = proxy })).Proxy;

    private static async Task<Proxy> UpdateAsync(TestServer server, Proxy proxy, params string[] mask)
    {
        proxy.Name = "proxies/x";
        UpdateProxyRequest request = new() { Proxy = proxy };
        if (mask.Length > 0)
        {
            request.UpdateMask = new FieldMask { Paths = { mask } };
        }

        return (await server.Proxies.UpdateProxyAsync(request)).Proxy;
    }
}
