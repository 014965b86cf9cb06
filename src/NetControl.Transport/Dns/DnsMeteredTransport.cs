using System.Runtime.CompilerServices;

namespace NetControl.Transport.Dns;

/// <summary>Counts what becomes of the queries that another transport carries, and how long that takes.</summary>
/// <remarks>Awaits nothing but the inner transport.</remarks>
internal sealed class DnsMeteredTransport(IDnsTransport inner, DnsMeter meter, DnsResolverKind kind, TimeProvider timeProvider)
    : IDnsTransport
{
    // Whoever gives up later than this did so because nothing came.
    private static readonly TimeSpan s_unanswered = TimeSpan.FromSeconds(2);

    /// <summary>Puts a meter around a transport, if there is one.</summary>
    public static IDnsTransport Wrap(IDnsTransport transport, DnsMeter? meter, DnsResolverKind kind, TimeProvider timeProvider) =>
        meter is null ? transport : new DnsMeteredTransport(transport, meter, kind, timeProvider);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        long start = timeProvider.GetTimestamp();
        try
        {
            byte[] answer = await inner.ExchangeAsync(query, cancellationToken);
            meter.Count(kind, OutcomeOf(answer), timeProvider.GetElapsedTime(start));
            return answer;
        }
        catch (OperationCanceledException)
        {
            TimeSpan took = timeProvider.GetElapsedTime(start);
            meter.Count(kind, took < s_unanswered ? DnsOutcome.Canceled : DnsOutcome.Timeout, took);
            throw;
        }
        catch (DnsException e) when (e.Error != DnsError.BadRequest)
        {
            meter.Count(
                kind, e.Error == DnsError.BadResponse ? DnsOutcome.BadAnswer : DnsOutcome.Unreachable, timeProvider.GetElapsedTime(start));
            throw;
        }
    }

    private static DnsOutcome OutcomeOf(ReadOnlySpan<byte> answer) => !DnsHeader.TryParse(answer, out DnsHeader header)
        ? DnsOutcome.BadAnswer
        : header.Rcode switch
        {
            DnsRcode.NoError => DnsOutcome.Noerror,
            DnsRcode.NameError => DnsOutcome.Nxdomain,
            DnsRcode.ServerFailure => DnsOutcome.Servfail,
            DnsRcode.Refused => DnsOutcome.Refused,
            _ => DnsOutcome.OtherRcode,
        };
}
