using System.Text;
using NetControl.Fuzz.Machine;
using NetControl.Server.Configuration;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>The configuration file: a text is a configuration, or it is refused with reasons.</summary>
internal sealed class YamlTarget : IFuzzTarget
{
    private const string Full = """
        listen:
          grpc: ["http://127.0.0.1:50051", "unix:/run/netcontrol/netcontrol.sock"]
          http: "http://127.0.0.1:9464"
        devices:
          - name: devices/tun0
            mtu: 1500
            addresses: ["10.77.0.1/24", "fd77::1/64"]
            routes: ["198.18.0.0/15", "fd99::/64"]
            streamDialer: delegates/egress
            packetProxy: delegates/egress
            accept: IMMEDIATE
            udpFiltering: ADDRESS_DEPENDENT
            congestionControl: NEW_RENO
            keepAlive: {idle: 60s, interval: 5s, probes: 3}
            limits: {maxTcpSessions: 7, maxBufferBytes: 8589934592}
        delegates:
          - name: delegates/egress
            proxy: proxies/upstream
        proxies:
          - name: proxies/upstream
            config: "socks5://10.99.0.2:1080"
            udpIdleTimeout: "30s"
        limits:
          maxSessions: 100
        """;

    private static readonly (string Name, string Text)[] s_seeds =
    [
        ("full", Full), ("empty", ""), ("json", """{"proxies": [{"name": "proxies/a", "config": ""}]}"""), ("anchor", "a: &a [*a]"),
        ("doublings", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n? *c\n: 1"), ("ahead", "a: [*b]\nb: &b 1"),
        ("alias", "x: &x {name: proxies/a}\nproxies: [*x, *x]"), ("nested", new string('[', 200)), ("merge", "<<: {listen: {}}"),
        ("complex-key", "? [a, b]\n: c"), ("tag", "!!int listen: !!str 5"), ("documents", "---\n---\n"),
        ("numbers", "devices: [{mtu: 1e3}, {mtu: 0x10}, {mtu: 99999999999999999999}]"),
        ("durations", "proxies: [{udpIdleTimeout: 999999999999s}, {udpIdleTimeout: -1s}, {udpIdleTimeout: 1.0000000001s}]"),
        ("control", "listen: \"\\u0000\\ud800\""),
    ];

    public IEnumerable<(string Name, byte[] Input)> Seeds() => s_seeds.Select(seed => (seed.Name, Encoding.UTF8.GetBytes(seed.Text)));

    public void Run(ReadOnlySpan<byte> input)
    {
        try
        {
            ServerConfiguration read = ConfigurationLoader.Load(Encoding.UTF8.GetString(input));
            Unless(read.Grpc.Count > 0, "the server listens somewhere");
        }
        catch (ConfigurationException e)
        {
            Unless(e.Violations.Count > 0 && e.Violations.All(v => v.Field.Length > 0 && v.Description.Length > 0), "a refusal has reasons");
        }
    }
}
