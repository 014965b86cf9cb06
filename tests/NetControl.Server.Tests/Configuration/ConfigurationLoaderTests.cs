using NetControl.ControlPlane.Specs;
using NetControl.Server.Configuration;

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

    [Theory]
    [InlineData("devices:\n- name: devices/tun0\n  adresses: []\n", "devices[0].adresses: unknown field (line 3); did you mean addresses?")]
    [InlineData("devices:\n- name: devices/tun0\n  stream_dialer: x\n",
        "devices[0].stream_dialer: unknown field (line 3); did you mean streamDialer?")]
    [InlineData("foo: 1\n", "foo: unknown field (line 1); known: listen, devices, delegates, proxies, audit")]
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
        "proxies[0].config: part 1, column 1: config type 'ftp' is not registered; registered: socks5")]
    [InlineData("listen:\n  grpc: [\"http://0.0.0.0:50051\"]\n",
        "listen.grpc[0]: \"http://0.0.0.0:50051\" is open to the network without TLS, and whoever reaches it owns the traffic; write "
        + "http://127.0.0.1:50051 or a unix: path, or https:// with listen.tls and clients that are known, or set listen.insecure: true")]
    [InlineData("listen:\n  grpc: [\"50051\"]\n",
        "listen.grpc[0]: \"50051\" is not a listen address; write e.g. http://127.0.0.1:50051 or unix:/run/netcontrol/netcontrol.sock")]
    [InlineData("listen:\n  insecure: yes\n", "listen.insecure: \"yes\" is not true or false (line 2); write true or false")]
    [InlineData("a: [\n", "document: is not YAML: line 2, column 1: While parsing a node, did not find expected node content.")]
    public void Load_OfOneFault_SaysFieldValueAndFix(string yaml, string expected)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(yaml));
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
    public void LoadFile_ThatIsNotThere_SaysSo() =>
        Assert.Contains("cannot be read",
            Assert.Throws<ConfigurationException>(() => ConfigurationLoader.LoadFile("/nonexistent/x.yaml")).Message,
            StringComparison.Ordinal);
}
