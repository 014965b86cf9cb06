using System.Text;
using NetControl.Fuzz.Machine;
using NetControl.Transport.Dns;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>The files that say how names are found, and the zones of a configuration: whatever they hold, what is read of them is usable.</summary>
internal sealed class ResolvConfTarget : IFuzzTarget
{
    private static readonly (string Name, string Text)[] s_seeds =
    [
        ("pod", "search a.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5 timeout:2\n"),
        ("odd", "nameserver fe80::1%eth0\r\nnameserver\t::1 x\n;c\n#c\ndomain .\noptions attempts:-1 ndots:999999999999\n"),
        ("hosts", "127.0.0.1 localhost\n::1 a b. c # d\n1.2.3.4\n"),
        ("zones", "cluster.local,10.0.0.0/8,fd00::/8,search"),
    ];

    public IEnumerable<(string Name, byte[] Input)> Seeds() => s_seeds.Select(seed => (seed.Name, Encoding.UTF8.GetBytes(seed.Text)));

    public void Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        ResolvConf conf = ResolvConf.Parse(text);
        Unless(conf.Servers.Count is >= 1 and <= 8 && conf.Servers.All(server => server.Port == 53), "there is somebody to ask, and not too many");
        Unless(conf.Search.Count <= 32 && conf.Search.All(name => !name.IsRoot), "search domains are names");
        Unless(conf.Dots is >= 0 and <= 15 && conf.Attempts is >= 1 and <= 5, "numbers have bounds");
        Unless(conf.Timeout > TimeSpan.Zero && conf.Timeout <= TimeSpan.FromSeconds(30), "nobody waits for ever");
        _ = HostsFile.Parse(text).Find("localhost");
        if (DnsZones.TryParse(text, out DnsZones? zones, out string? fault))
        {
            Unless(DnsZones.TryParse(zones.Text, out DnsZones? again, out _) && again.Equals(zones), "zones are read as they are written");
            _ = zones.Contains(DnsName.TryParse("4.3.2.10.in-addr.arpa", out DnsName name) ? name : default, conf.Search);
        }
        else
        {
            Unless(text.Contains(fault, StringComparison.Ordinal), "a fault is shown");
        }

        if (DnsName.TryParse(text, out DnsName parsed))
        {
            Unless(DnsName.TryParse(parsed.ToString(), out DnsName again) && again == parsed, "a name is read as it is written");
        }
    }
}
