using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>Finds addresses as the machine would: by its hosts file, and by the resolvers of its resolv.conf; but over sockets that are given.</summary>
/// <remarks>
/// The C library's resolver opens sockets of its own, which carry no mark: where a device holds the default route their packets come back
/// into it, and the name of the proxy would be looked up through the proxy. Both files are followed. Of nsswitch.conf it is "files dns"
/// that is done. Thread rule: any thread; on an event loop nothing leaves it but a look at two small files, once a second at most.
/// </remarks>
public sealed class StubResolver
{
    private static readonly DnsName s_localhost = DnsName.TryParse("localhost", out DnsName name) ? name : default;
    private readonly Way _way;
    private readonly TimeProvider _timeProvider;
    private readonly FollowedFile<ResolvConf> _conf;
    private readonly FollowedFile<HostsFile> _hosts;
    private readonly DnsMeter? _meter;

    /// <summary>Makes a resolver.</summary>
    /// <param name="way">Reaches the resolvers, by address.</param>
    /// <param name="timeProvider">The clock; an event loop's where names are looked up on loops.</param>
    /// <param name="resolvConf">The path of resolv.conf.</param>
    /// <param name="hosts">The path of the hosts file.</param>
    /// <param name="meter">Counts what becomes of its queries; null to count nothing.</param>
    /// <exception cref="ArgumentNullException"><paramref name="way"/> is null.</exception>
    public StubResolver(
        Way way,
        TimeProvider? timeProvider = null,
        string resolvConf = "/etc/resolv.conf",
        string hosts = "/etc/hosts",
        DnsMeter? meter = null)
    {
        ArgumentNullException.ThrowIfNull(way);
        _way = way;
        _meter = meter;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _conf = new FollowedFile<ResolvConf>(resolvConf, text => ResolvConf.Parse(text), _timeProvider);
        _hosts = new FollowedFile<HostsFile>(hosts, text => HostsFile.Parse(text), _timeProvider);
    }

    /// <summary>What resolv.conf says now.</summary>
    public ResolvConf Configuration => _conf.Content;

    /// <summary>The lookups of a <see cref="HappyEyeballsStreamDialer"/>: AAAA and A, in parallel.</summary>
    public IReadOnlyList<AddressLookup> Lookups() =>
    [
        (host, cancellationToken) => LookUpAsync(host, DnsType.Aaaa, cancellationToken),
        (host, cancellationToken) => LookUpAsync(host, DnsType.A, cancellationToken),
    ];

    /// <summary>Finds the addresses of one family.</summary>
    /// <param name="host">The name.</param>
    /// <param name="type">A or AAAA.</param>
    /// <param name="cancellationToken">Gives the search up.</param>
    /// <returns>The addresses; none if the name has none of this family.</returns>
    /// <exception cref="DialException">No such name, or no resolver answered (<see cref="DialFailure.NameNotResolved"/>).</exception>
    public async ValueTask<IReadOnlyList<IpAddr>> LookUpAsync(string host, DnsType type, CancellationToken cancellationToken = default)
    {
        if (!DnsName.TryParseHost(host, out DnsName name))
        {
            throw new DialException(DialFailure.NameNotResolved, $"'{host}' is no host name");
        }

        // A name that the file gives to one family only is still the file's: asking for the other would lead past it.
        IReadOnlyList<IpAddr> local = _hosts.Content.Find(host);
        if (local.Count == 0 && name.IsWithin(s_localhost))
        {
            local = [IpAddr.FromV4(0x7F00_0001), IpAddr.Parse("::1")]; // RFC 6761 section 6.3: never asked of a resolver
        }

        return local.Count > 0
            ? [.. local.Where(address => address.IsV4 == (type == DnsType.A))]
            : await SearchAsync(host, name, type, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<IpAddr>> SearchAsync(
        string host, DnsName name, DnsType type, CancellationToken cancellationToken)
    {
        ResolvConf conf = _conf.Content;
        bool exists = false;
        DnsException? failure = null;
        foreach (DnsName candidate in Candidates(conf, host, name))
        {
            try
            {
                DnsResponse response = await AskAsync(conf, new DnsQuestion(candidate, type), cancellationToken);
                IReadOnlyList<IpAddr> addresses = response.Rcode == DnsRcode.NoError ? response.Addresses(type) : [];
                exists |= response.Rcode == DnsRcode.NoError;
                if (addresses.Count > 0)
                {
                    return addresses;
                }
            }
            catch (DnsException e)
            {
                failure = e;
                if (e.Error != DnsError.BadResponse)
                {
                    break; // silence says nothing of the name; trying it elsewhere would only tell others what is looked for
                }
            }
        }

        return exists ? []
            : failure is not null ? throw new DialException(DialFailure.NameNotResolved, $"{host}: {failure.Message}", failure)
            : throw new DialException(DialFailure.NameNotResolved, $"{host} does not exist");
    }

    private async ValueTask<DnsResponse> AskAsync(ResolvConf conf, DnsQuestion question, CancellationToken cancellationToken)
    {
        DnsException? failure = null;
        for (int i = 0; i < conf.Attempts; i++)
        {
            foreach (AddrPort server in conf.Servers)
            {
                try
                {
                    DnsResolver resolver = new(Transport(conf, server), _timeProvider, conf.Timeout);
                    DnsResponse response = await resolver.QueryAsync(question, cancellationToken);
                    if (response.Rcode is DnsRcode.NoError or DnsRcode.NameError)
                    {
                        return response;
                    }

                    failure = new DnsException(DnsError.BadResponse, $"{server} answered {response.Rcode}");
                }
                catch (DnsException e)
                {
                    failure = new DnsException(e.Error, $"{server}: {e.Message}", e);
                }
            }
        }

        throw failure!;
    }

    private IDnsTransport Transport(ResolvConf conf, AddrPort server) => DnsMeteredTransport.Wrap(
        conf.UseTcp
            ? new DnsStreamTransport(new StreamDialerEndpoint(_way.Streams, server))
            : DnsFallbackTransport.Over(_way, server, _timeProvider),
        _meter,
        DnsResolverKind.System,
        _timeProvider);

    /// <summary>The names to try: as it is and in each search domain; which comes first is a matter of the dots.</summary>
    private static IEnumerable<DnsName> Candidates(ResolvConf conf, string host, DnsName name)
    {
        if (host.EndsWith('.'))
        {
            return [name];
        }

        IEnumerable<DnsName> within = conf.Search.Select(domain => DnsName.TryParse($"{host}.{domain}", out DnsName full) ? full : default)
            .Where(full => !full.IsRoot);
        return host.Count(c => c == '.') >= conf.Dots ? [name, .. within] : [.. within, name];
    }
}
