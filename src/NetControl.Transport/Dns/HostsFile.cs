using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>The names that a hosts file gives to addresses (hosts(5)).</summary>
public sealed class HostsFile
{
    private readonly Dictionary<string, List<IpAddr>> _addresses = new(StringComparer.OrdinalIgnoreCase);

    private HostsFile()
    {
    }

    /// <summary>Reads a file's text; a line that is none is overlooked.</summary>
    public static HostsFile Parse(ReadOnlySpan<char> text)
    {
        HostsFile file = new();
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            int comment = line.IndexOf('#');
            string[] words = (comment < 0 ? line : line[..comment]).ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IpAddr.TryParse(words[0], out IpAddr address))
            {
                continue;
            }

            foreach (string name in words.AsSpan(1))
            {
                file.Add(name.TrimEnd('.'), address);
            }
        }

        return file;
    }

    /// <summary>The addresses of a name, in the file's order; none if it is not there.</summary>
    public IReadOnlyList<IpAddr> Find(string host) =>
        _addresses.TryGetValue(host.EndsWith('.') ? host[..^1] : host, out List<IpAddr>? addresses) ? addresses : [];

    private void Add(string name, IpAddr address)
    {
        if (!_addresses.TryGetValue(name, out List<IpAddr>? addresses))
        {
            _addresses.Add(name, addresses = []);
        }

        if (!addresses.Contains(address))
        {
            addresses.Add(address);
        }
    }
}
