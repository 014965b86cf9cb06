using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>Asks the resolvers that a resolv.conf names now, one after the other until one answers.</summary>
internal sealed class DnsConfiguredTransport(FollowedFile<ResolvConf> conf, Way way, TimeProvider timeProvider) : IDnsTransport
{
    /// <inheritdoc/>
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        ResolvConf now = conf.Content;
        for (int i = 0; ; i++)
        {
            using TimeLimit limit = new(now.Timeout, timeProvider, cancellationToken);
            try
            {
                return await DnsFallbackTransport.Over(way, now.Servers[i], timeProvider).ExchangeAsync(query, limit.Token);
            }
            catch (Exception e) when (i < now.Servers.Count - 1 && (limit.IsOver || e is DnsException { Error: not DnsError.BadRequest }))
            {
                // The next one may know.
            }
            catch (OperationCanceledException e) when (limit.IsOver)
            {
                throw new DnsException(DnsError.Receive, "no resolver answered in time", e);
            }
        }
    }
}
