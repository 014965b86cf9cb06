namespace NetControl.Transport.Dns;

/// <summary>Whether a message is the answer to a query: the guard against what strangers send.</summary>
internal static class DnsAnswerCheck
{
    /// <summary>What is wrong with an answer, or null.</summary>
    public static string? Fault(ReadOnlySpan<byte> query, ReadOnlySpan<byte> answer)
    {
        if (!DnsHeader.TryParse(answer, out DnsHeader header))
        {
            return $"a message of {answer.Length} bytes is shorter than its header";
        }

        _ = DnsHeader.TryParse(query, out DnsHeader asked);
        int at = DnsHeader.Length;
        int askedAt = DnsHeader.Length;
        return !header.IsResponse ? "the message is a query, not an answer"
            : header.Id != asked.Id ? $"the answer has id {header.Id}, the query {asked.Id}"
            : header.Questions == 0 ? "the answer repeats no question"
            : !DnsRecordReader.TryReadQuestion(answer, ref at, out DnsQuestion question, out ushort recordClass) ? "the answer's question is broken"
            : !DnsRecordReader.TryReadQuestion(query, ref askedAt, out DnsQuestion wanted, out ushort wantedClass) ? "the query's question is broken"
            : question.Type != wanted.Type ? $"the answer is about type {question.Type}, the query {wanted.Type}"
            : recordClass != wantedClass ? $"the answer is about class {recordClass}, the query {wantedClass}"
            : question.Name != wanted.Name ? "the answer is about another name"
            : null;
    }

    /// <summary>Whether a query of somebody else can be passed on: a whole question, and no answer.</summary>
    public static bool TryReadQuery(ReadOnlySpan<byte> query, out DnsQuestion question)
    {
        int at = DnsHeader.Length;
        question = default;
        return DnsHeader.TryParse(query, out DnsHeader header) && !header.IsResponse && header.Questions == 1
            && DnsRecordReader.TryReadQuestion(query, ref at, out question, out _);
    }
}
