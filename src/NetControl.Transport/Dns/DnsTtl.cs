using System.Buffers.Binary;

namespace NetControl.Transport.Dns;

/// <summary>How long answers may be kept, and how they grow older.</summary>
internal static class DnsTtl
{
    /// <summary>How long an answer may be kept in seconds, by its own words; 0: not at all. Negative: whether it is a "no".</summary>
    /// <remarks>
    /// The least time of any of its records. For "no such name" and "none of this type" that of its SOA record; without one it is not kept
    /// (RFC 2308 section 5). Failures are not kept.
    /// </remarks>
    public static (uint Seconds, bool Negative) Of(ReadOnlySpan<byte> answer)
    {
        if (!DnsHeader.TryParse(answer, out DnsHeader header) || header.IsTruncated
            || header.Rcode is not (DnsRcode.NoError or DnsRcode.NameError)
            || !DnsRecordReader.TryCreate(answer, out DnsRecordReader records))
        {
            return default;
        }

        int at = DnsHeader.Length;
        DnsRecordReader.TryReadQuestion(answer, ref at, out DnsQuestion question, out _);
        uint least = uint.MaxValue;
        uint? negative = null;
        bool found = false;
        while (records.TryRead(out DnsRecord record))
        {
            if (record.Type == DnsType.Opt)
            {
                continue;
            }

            least = Math.Min(least, record.Ttl);
            found |= record.Section == DnsSection.Answer && record.Type != DnsType.CName;
            found |= record.Section == DnsSection.Answer && question.Type == DnsType.CName;
            if (record.Section == DnsSection.Authority && record.TryGetNegativeTtl(out uint seconds))
            {
                negative = seconds;
            }
        }

        return records.IsBroken ? default
            : found && header.Rcode == DnsRcode.NoError ? (least, false)
            : negative is { } limit ? (Math.Min(limit, least), true)
            : default;
    }

    /// <summary>Takes what has passed off every record's time. None goes below the floor.</summary>
    public static void Age(Span<byte> answer, uint seconds, uint floor)
    {
        if (!DnsRecordReader.TryCreate(answer, out DnsRecordReader records))
        {
            return;
        }

        while (records.TryRead(out DnsRecord record))
        {
            if (record.Type != DnsType.Opt)
            {
                uint left = record.Ttl > seconds ? record.Ttl - seconds : 0;
                BinaryPrimitives.WriteUInt32BigEndian(answer[record.TtlPosition..], Math.Max(left, floor));
            }
        }
    }
}
