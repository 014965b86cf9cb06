namespace NetControl.Transport.Dns;

/// <summary>What a query has to be equal in for one's answer to serve another.</summary>
/// <param name="Question">Name and type.</param>
/// <param name="Class">The class.</param>
/// <param name="Flags">What the answer depends on besides: RD, CD, whether there is an OPT record, and its DO.</param>
internal readonly record struct DnsCacheKey(DnsQuestion Question, ushort Class, byte Flags)
{
    private const uint DnssecOk = 0x8000;

    /// <summary>Reads the key of a query; false for one whose answer must not serve another: it says more than is understood here.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> query, out DnsCacheKey key)
    {
        key = default;
        int at = DnsHeader.Length;
        if (!DnsHeader.TryParse(query, out DnsHeader header) || header.Opcode != 0 || header.Questions != 1
            || header.Answers + header.Authorities != 0
            || !DnsRecordReader.TryReadQuestion(query, ref at, out DnsQuestion question, out ushort recordClass)
            || !DnsRecordReader.TryCreate(query, out DnsRecordReader records))
        {
            return false;
        }

        int flags = (header.RecursionDesired ? 1 : 0) | (header.CheckingDisabled ? 2 : 0);
        while (records.TryRead(out DnsRecord record))
        {
            // Options (client subnet, cookies, padding) make an answer somebody's own.
            if (record.Type != DnsType.Opt || !record.Data.IsEmpty || (flags & 4) != 0)
            {
                return false;
            }

            flags |= 4 | ((record.RawTtl & DnssecOk) != 0 ? 8 : 0);
        }

        key = new DnsCacheKey(question, recordClass, (byte)flags);
        return !records.IsBroken;
    }
}
