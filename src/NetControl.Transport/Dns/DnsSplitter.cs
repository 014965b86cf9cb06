namespace NetControl.Transport.Dns;

/// <summary>Answers queries by asking one of two resolvers, by name; and never the other in its place.</summary>
/// <remarks>Thread rule: any thread; awaits nothing but the transports.</remarks>
internal sealed class DnsSplitter(
    DnsZones direct, Func<IReadOnlyList<DnsName>> search, IDnsTransport directTransport, IDnsTransport remoteTransport, TimeProvider timeProvider)
{
    // A usual client asks again after five seconds and gives up after ten.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    /// <summary>Answers one query.</summary>
    /// <param name="query">The message; unchanged until the task is done.</param>
    /// <param name="cancellationToken">Nobody wants the answer any more.</param>
    /// <returns>The answer, in the worst case SERVFAIL; null for what is no query, and gets no answer.</returns>
    public async ValueTask<byte[]?> AnswerAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        if (Refuse(query.Span, out DnsQuestion question) is { } refusal)
        {
            return refusal;
        }

        if (question == default)
        {
            return null;
        }

        IDnsTransport transport = direct.Contains(question.Name, search()) ? directTransport : remoteTransport;
        using TimeLimit limit = new(s_patience, timeProvider, cancellationToken);
        try
        {
            return await transport.ExchangeAsync(query, limit.Token);
        }
        catch (Exception e) when (e is DnsException || limit.IsOver)
        {
            // The other resolver might know; but whom a question is for is not for a failure to decide.
            return DnsReply.Empty(query.Span, DnsRcode.ServerFailure);
        }
    }

    /// <summary>The answer to what is not passed on; neither that nor a question for what is no query.</summary>
    private static byte[]? Refuse(ReadOnlySpan<byte> query, out DnsQuestion question)
    {
        question = default;
        if (!DnsHeader.TryParse(query, out DnsHeader header) || header.IsResponse)
        {
            return null;
        }

        return header.Opcode != 0 ? DnsReply.Empty(query, DnsRcode.NotImplemented)
            : !DnsAnswerCheck.TryReadQuery(query, out question) ? DnsReply.Empty(query, DnsRcode.FormatError)
            : question.Type is DnsType.Axfr or DnsType.Ixfr ? DnsReply.Empty(query, DnsRcode.Refused)
            : null;
    }
}
