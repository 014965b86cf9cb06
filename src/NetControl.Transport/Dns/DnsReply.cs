namespace NetControl.Transport.Dns;

/// <summary>Answers of our own making, for whoever asks us.</summary>
internal static class DnsReply
{
    /// <summary>The size every asker takes over UDP (RFC 1035 section 4.2.1).</summary>
    private const int SmallestUdpPayload = 512;

    /// <summary>An answer without records.</summary>
    /// <param name="query">The query, which has a whole header.</param>
    /// <param name="rcode">What it says.</param>
    /// <param name="truncated">Whether it says that there is more over TCP.</param>
    public static byte[] Empty(ReadOnlySpan<byte> query, DnsRcode rcode, bool truncated = false)
    {
        int end = DnsHeader.Length;
        bool repeats = DnsAnswerCheck.TryReadQuery(query, out _) && DnsRecordReader.TryReadQuestion(query, ref end, out _, out _);
        byte[] answer = query[..(repeats ? end : DnsHeader.Length)].ToArray();
        DnsHeader.MakeAnswer(answer, rcode, truncated, repeats ? 1 : 0);
        return answer;
    }

    /// <summary>The answer as it fits into a datagram to the asker: as it is, or its beginning, which says that there is more.</summary>
    public static byte[] FitForUdp(ReadOnlySpan<byte> query, byte[] answer)
    {
        if (answer.Length <= UdpPayloadSize(query))
        {
            return answer;
        }

        _ = DnsHeader.TryParse(answer, out DnsHeader header);
        return Empty(query, header.Rcode, truncated: true);
    }

    /// <summary>How much the asker takes (RFC 6891 section 6.2.3).</summary>
    private static int UdpPayloadSize(ReadOnlySpan<byte> query)
    {
        if (DnsRecordReader.TryCreate(query, out DnsRecordReader records))
        {
            while (records.TryRead(out DnsRecord record))
            {
                if (record.Type == DnsType.Opt)
                {
                    return Math.Max(record.Class, (ushort)SmallestUdpPayload);
                }
            }
        }

        return SmallestUdpPayload;
    }
}
