using System.Globalization;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>What a resolv.conf says (resolv.conf(5)).</summary>
public sealed record ResolvConf
{
    private const int MostServers = 8;
    private const int MostDomains = 32;

    /// <summary>The resolvers, in the order in which they are asked; this machine if the file names none.</summary>
    public IReadOnlyList<AddrPort> Servers { get; init; } = [new AddrPort(IpAddr.FromV4(0x7F00_0001), DnsServerOption.DnsPort)];

    /// <summary>The domains that short names are tried in.</summary>
    public IReadOnlyList<DnsName> Search { get; init; } = [];

    /// <summary>How many dots make a name one that is tried as it is first.</summary>
    public int Dots { get; init; } = 1;

    /// <summary>How long one resolver is waited for.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the list of resolvers is gone through.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Whether to ask over TCP only.</summary>
    public bool UseTcp { get; init; }

    /// <summary>Reads a file's text. As the C library does, it overlooks what it does not know and what is broken.</summary>
    public static ResolvConf Parse(ReadOnlySpan<char> text)
    {
        ResolvConf result = new();
        List<AddrPort> servers = [];
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            // A comment begins in the first column; later on, # and ; are part of a value.
            if (line.Length == 0 || line[0] is '#' or ';')
            {
                continue;
            }

            string[] words = line.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            result = words switch
            {
                ["nameserver", var server, ..] => result.WithServer(servers, server),
                ["domain", var domain, ..] => result with { Search = Domains([domain]) },
                ["search", .. var domains] => result with { Search = Domains(domains) },
                ["options", .. var options] => options.Aggregate(result, WithOption),
                _ => result,
            };
        }

        return result;
    }

    private static DnsName[] Domains(string[] texts) =>
    [
        .. texts.Take(MostDomains)
            .Select(text => DnsName.TryParse(text, out DnsName name) ? name : default)
            .Where(name => !name.IsRoot),
    ];

    private ResolvConf WithServer(List<AddrPort> servers, string text)
    {
        int zone = text.IndexOf('%', StringComparison.Ordinal); // a link-local server's interface cannot be kept in an address
        if (zone < 0 && IpAddr.TryParse(text, out IpAddr address) && servers.Count < MostServers)
        {
            servers.Add(new AddrPort(address, DnsServerOption.DnsPort));
        }

        return servers.Count == 0 ? this : this with { Servers = [.. servers] };
    }

    private static ResolvConf WithOption(ResolvConf conf, string option)
    {
        int colon = option.IndexOf(':', StringComparison.Ordinal);
        int value = colon > 0 && int.TryParse(option.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number : -1;
        return (colon < 0 ? option : option[..colon], value) switch
        {
            ("ndots", >= 0) => conf with { Dots = Math.Min(value, 15) },
            ("timeout", > 0) => conf with { Timeout = TimeSpan.FromSeconds(Math.Min(value, 30)) },
            ("attempts", > 0) => conf with { Attempts = Math.Min(value, 5) },
            ("use-vc", _) => conf with { UseTcp = true },
            _ => conf,
        };
    }
}
