using System.Globalization;
using NetControl.ControlPlane.Specs;
using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Server.Configuration;
using NetControl.Transport.Chains;

namespace NetControl.Server.Tests.Configuration;

public sealed class ConfigurationLoaderTests
{
    private const string Design = """
        listen:
          grpc: ["http://127.0.0.1:50051", "unix:/run/netcontrol/netcontrol.sock"]
          http: "http://127.0.0.1:9464"
        devices:
          - name: devices/tun0            # interface tun0, in the process's network namespace
            mtu: 1500
            addresses: ["10.77.0.1/24", "fd77::1/64"]
            routes: ["198.18.0.0/15", "fd99::/64"]
            streamDialer: delegates/egress
            packetProxy: delegates/egress
        delegates:
          - name: delegates/egress
            proxy: proxies/upstream
        proxies:
          - name: proxies/upstream
            config: "socks5://10.99.0.2:1080"
            udpIdleTimeout: "30s"
        """;

    [Fact]
    public void Load_OfTheDesignsExample_ReadsEveryField()
    {
        ServerConfiguration c = ConfigurationLoader.Load(Design);
        Assert.Equal(["http://127.0.0.1:50051", "unix:/run/netcontrol/netcontrol.sock"], c.Grpc.Select(a => a.Text));
        Assert.Equal("http://127.0.0.1:9464", c.Http!.Text);
        DeviceDraft device = Assert.Single(c.Desired.Devices);
        Assert.Equal(("devices/tun0", 1500, "delegates/egress", "delegates/egress"),
            (device.Name, device.Mtu, device.StreamDialer, device.PacketProxy));
        Assert.Equal(["10.77.0.1/24", "fd77::1/64"], device.Addresses);
        Assert.Equal(["198.18.0.0/15", "fd99::/64"], device.Routes);
        Assert.Equal(new DelegateDraft("delegates/egress", "proxies/upstream"), Assert.Single(c.Desired.Delegates));
        ProxyDraft proxy = Assert.Single(c.Desired.Proxies);
        Assert.Equal(("proxies/upstream", "socks5://10.99.0.2:1080", TimeSpan.FromSeconds(30)),
            (proxy.Name, proxy.Config, proxy.UdpIdleTimeout));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("listen:\ndevices:\n")]
    [InlineData("{}")]
    public void Load_OfNothing_HasTheDefaults(string yaml)
    {
        ServerConfiguration c = ConfigurationLoader.Load(yaml);
        Assert.Equal(ListenValidator.DefaultGrpc, c.Grpc.Select(a => a.Text));
        Assert.Equal(ListenValidator.DefaultHttp, c.Http!.Text);
        Assert.Empty(c.Desired.Devices);
    }

    [Fact]
    public void Load_OfJson_Works() =>
        Assert.Single(ConfigurationLoader.Load("""{"proxies": [{"name": "proxies/a", "config": ""}]}""").Desired.Proxies);

    [Fact]
    public void Enums_InShortForm_AreRead() =>
        Assert.True(ConfigurationLoader.Load("devices:\n- name: devices/tun0\n  accept: IMMEDIATE\n").Desired.Devices[0].AcceptImmediately);

    [Fact]
    public void Limits_OfTheProcess_ReachTheEngine_AndTheOthersKeepTheirDefaults()
    {
        EngineOptions engine = ConfigurationLoader.Load("""
            limits:
              maxSessions: 1000
              maxHalfOpen: 100
              maxBufferBytes: 8589934592
              maxReassemblyBytes: 2097152
            """).Engine;
        Assert.Equal(
            new EngineOptions { MaxSessions = 1000, MaxHalfOpen = 100, BufferBudgetBytes = 8L << 30, ReassemblyBudgetBytes = 2 << 20 },
            engine);
        Assert.Equal(new EngineOptions(), ConfigurationLoader.Load("").Engine);
    }

    [Fact]
    public void TcpSettings_OfADevice_AreRead()
    {
        DeviceDraft device = ConfigurationLoader.Load("""
            devices:
            - name: devices/tun0
              congestionControl: NEW_RENO
              keepAlive: {idle: "600s", interval: "10s", probes: 3}
            """).Desired.Devices[0];
        Assert.Equal(CongestionControl.NewReno, device.CongestionControl);
        Assert.Equal(
            new KeepAliveSpec { Idle = TimeSpan.FromSeconds(600), Interval = TimeSpan.FromSeconds(10), Probes = 3 }, device.KeepAlive);
    }

    [Theory]
    [InlineData("devices:\n- name: devices/tun0\n  adresses: []\n", "devices[0].adresses: unknown field (line 3); did you mean addresses?")]
    [InlineData("devices:\n- name: devices/tun0\n  stream_dialer: x\n",
        "devices[0].stream_dialer: unknown field (line 3); did you mean streamDialer?")]
    [InlineData("\"\": 1\n", "?: unknown field (line 1); known: listen, devices, delegates, proxies, policies, limits, audit, telemetry")]
    [InlineData("foo: 1\n", "foo: unknown field (line 1); known: listen, devices, delegates, proxies, policies, limits, audit, telemetry")]
    [InlineData("devices:\n- name: devices/tun0\n  etag: x\n", "devices[0].etag: is set by the server only (line 3); leave it out")]
    [InlineData("devices: devices/tun0\n",
        "devices: \"devices/tun0\" is not a list (line 1); write devices: [...] or one - for each entry")]
    [InlineData("devices: [tun0]\n", "devices[0]: \"tun0\" is not a mapping (line 1); write fields as name: value")]
    [InlineData("devices:\n- name: devices/tun0\n  mtu: big\n",
        "devices[0].mtu: \"big\" is not a number from 0 on (line 3); write digits only, e.g. 1500")]
    [InlineData("devices:\n- name: devices/tun0\n  mtu: -1\n",
        "devices[0].mtu: \"-1\" is not a number from 0 on (line 3); write digits only, e.g. 1500")]
    [InlineData("devices:\n- name: devices/tun0\n  addresses: [\"10.77.0.1/24\", \"10.77.0.1/33\"]\n",
        "devices[0].addresses[1]: \"10.77.0.1/33\" is not an address with prefix length; write e.g. 10.77.0.1/24")]
    [InlineData("devices:\n- name: devices/tun0\n  streamDialer: delegates/none\n",
        "devices[0].streamDialer: \"delegates/none\" is not declared; declare it")]
    [InlineData("proxies:\n- name: proxies/a\n  udpIdleTimeout: 30\n",
        "proxies[0].udpIdleTimeout: \"30\" is not a duration (line 3); write seconds with an s, e.g. \"30s\"")]
    [InlineData("proxies:\n- name: proxies/a\n  udpIdleTimeout: 0s\n",
        "proxies[0].udpIdleTimeout: \"0s\" is out of range; write 1s to 86400s, e.g. 30s")]
    [InlineData("proxies:\n- name: proxies/a\n  config: ftp://h\n",
        "proxies[0].config: part 1, column 1: config type 'ftp' is not registered; registered: HOPS")]
    [InlineData("listen:\n  grpc: [\"http://0.0.0.0:50051\"]\n",
        "listen.grpc[0]: \"http://0.0.0.0:50051\" is open to the network without TLS, and whoever reaches it owns the traffic; write "
        + "http://127.0.0.1:50051 or a unix: path, or https:// with listen.tls and clients that are known, or set listen.insecure: true")]
    [InlineData("listen:\n  grpc: [\"50051\"]\n",
        "listen.grpc[0]: \"50051\" is not a listen address; write e.g. http://127.0.0.1:50051 or unix:/run/netcontrol/netcontrol.sock")]
    [InlineData("listen:\n  insecure: yes\n", "listen.insecure: \"yes\" is not true or false (line 2); write true or false")]
    [InlineData("limits:\n  maxSessions: 10000001\n",
        "limits.maxSessions: \"10000001\" is out of range; write 1 to 10000000, e.g. 262144, or leave it out")]
    [InlineData("limits:\n  maxBufferBytes: 1000\n",
        "limits.maxBufferBytes: \"1000\" is out of range; write 1048576 to 1099511627776, e.g. 536870912, or leave it out")]
    [InlineData("limits:\n  maxSessionBufferBytes: 65535\n",
        "limits.maxSessionBufferBytes: \"65535\" is out of range; write 65536 to 1073741824, e.g. 4194304, or leave it out")]
    [InlineData("limits:\n  maxSesions: 5\n", "limits.maxSesions: unknown field (line 2); did you mean maxSessions?")]
    [InlineData("devices:\n- name: devices/tun0\n  keepAlive: {idle: 500ms}\n",
        "devices[0].keepAlive.idle: \"500ms\" is not a duration (line 3); write seconds with an s, e.g. \"30s\"")]
    [InlineData("devices:\n- name: devices/tun0\n  keepAlive: {idle: 0.5s}\n",
        "devices[0].keepAlive.idle: \"0.5s\" is out of range; write 1s to 604800s, e.g. 600s, or leave it out")]
    [InlineData("devices:\n- name: devices/tun0\n  congestionControl: RENO\n",
        "devices[0].congestionControl: \"RENO\" is not a known value (line 3); write one of CUBIC, NEW_RENO")]
    [InlineData("a: [\n", "document: is not YAML: line 2, column 1: While parsing a node, did not find expected node content.")]
    public void Load_OfOneFault_SaysFieldValueAndFix(string yaml, string expected)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(yaml));
        expected = expected.Replace("HOPS", string.Join(", ", HopRegistry.Standard.Types), StringComparison.Ordinal);
        Assert.Equal(expected, Assert.Single(e.Violations).ToString());
        Assert.Equal($"config: {expected}", e.Message);
    }

    [Fact]
    public void Load_OfManyFaults_ReportsThemAllAtOnce()
    {
        const string Yaml = """
            devices:
              - name: devices/tun0
                mtu: 10
                adresses: []
              - name: devices/tun1
                addresses: ["10.0.0.1/99"]
                routes: ["10.0.0.1/8"]
                packetProxy: delegates/egres
              - name: devices/tun1
            delegates:
              - name: delegates/egress
                proxy: proxies/none
            """;
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(Yaml));
        Assert.Equal(
            ["devices[0].adresses", "devices[2].name", "delegates[0].proxy", "devices[0].mtu", "devices[1].packetProxy",
                "devices[1].addresses[0]", "devices[1].routes[0]"],
            e.Violations.Select(v => v.Field));
    }

    [Fact]
    public void Load_OfAMisspeltRequiredField_DoesNotReportItAsMissingToo()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() =>
            ConfigurationLoader.Load("delegates:\n- name: delegates/egress\n  prox: proxies/a\n"));
        Assert.Equal(["delegates[0].prox"], e.Violations.Select(v => v.Field));
    }

    [Fact]
    public void Load_OfDuplicateKeys_IsNotYaml()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load("proxies: []\nproxies: []\n"));
        Assert.StartsWith("document: is not YAML: line 2", Assert.Single(e.Violations).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfAnAliasWithinItsAnchor_IsARefusal_NotTheEndOfTheProcess()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load("? &a [*a]\n: 1\n"));
        Assert.Equal("document: is not YAML: line 1, column 7: *a holds itself", Assert.Single(e.Violations).ToString());
    }

    [Theory]
    [InlineData("[x, x]", "[*a{0}, *a{0}]", 40, "aliases make it larger than 1000000 entries")]
    [InlineData("[x]", "[*a{0}]", 60_000, "is nested deeper than 64 levels")]
    public void Load_OfATreeThatGrowsByItsAliases_IsARefusal_HoweverItIsUsed(string first, string next, int times, string reason)
    {
        System.Text.StringBuilder tree = new($"a0: &a0 {first}\n");
        for (int i = 1; i < times; i++)
        {
            tree.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} {string.Format(CultureInfo.InvariantCulture, next, i - 1)}\n");
        }

        foreach (string use in (string[])["? *a{0}\n: 1\n", "devices: *a{0}\n"])
        {
            string yaml = tree + string.Format(CultureInfo.InvariantCulture, use, times - 1);
            ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(yaml));
            Assert.EndsWith(reason, Assert.Single(e.Violations).ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_OfAnAliasBeforeItsAnchor_IsARefusal()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load("a: [*b]\nb: &b [*a]\n"));
        Assert.Equal("document: is not YAML: line 1, column 5: *b stands for nothing that comes before it", Assert.Single(e.Violations).ToString());
    }

    [Theory]
    [InlineData("a: [b]c: \"d[a, b]\n: c:\"\n  r: [\"x")]
    [InlineData("d:\n- n: d[a\n    m: 1\n    a:\0\0\0\u00040/2\", \"f[a, b]\n: c\"]\n")]
    public void Load_OfWhatTheYamlReaderCannotStand_IsARefusalToo(string yaml)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(yaml));
        Assert.All(e.Violations, violation => Assert.NotEqual("", violation.Description));
    }

    [Fact]
    public void Load_OfANestThatIsTooDeep_IsARefusal_NotTheEndOfTheProcess()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(new string('[', 100_000)));
        Assert.Contains("document: is not YAML", Assert.Single(e.Violations).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void LoadFile_ThatIsNotThere_SaysSo() =>
        Assert.Contains("cannot be read",
            Assert.Throws<ConfigurationException>(() => ConfigurationLoader.LoadFile("/nonexistent/x.yaml")).Message,
            StringComparison.Ordinal);
}
