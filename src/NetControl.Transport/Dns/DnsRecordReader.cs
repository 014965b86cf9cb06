using System.Buffers.Binary;

namespace NetControl.Transport.Dns;

/// <summary>Walks a message: its questions first, then its records in order. Allocates only the names that are asked for.</summary>
internal ref struct DnsRecordReader
{
    private const int FixedLength = 10; // type, class, time to live, length of the data
    private readonly ReadOnlySpan<byte> _message;
    private readonly int _answers;
    private readonly int _authorities;
    private int _offset;
    private int _left;
    private int _index;

    private DnsRecordReader(ReadOnlySpan<byte> message, scoped in DnsHeader header)
    {
        _message = message;
        _offset = DnsHeader.Length;
        _answers = header.Answers;
        _authorities = header.Authorities;
        _left = header.Answers + header.Authorities + header.Additionals;
    }

    /// <summary>Whether the message ended before its records did, or one of them is no record.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Begins behind the questions, which must be whole.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> message, out DnsRecordReader reader)
    {
        reader = default;
        if (!DnsHeader.TryParse(message, out DnsHeader header))
        {
            return false;
        }

        reader = new DnsRecordReader(message, header);
        for (int i = 0; i < header.Questions; i++)
        {
            if (!TryReadQuestion(message, ref reader._offset, out _, out _))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads one question. Its name stands in full: nothing is before it that a pointer could sensibly lead to.</summary>
    public static bool TryReadQuestion(ReadOnlySpan<byte> message, ref int offset, out DnsQuestion question, out ushort recordClass)
    {
        question = default;
        recordClass = 0;
        int start = offset;
        if (!DnsName.TryRead(message, ref offset, out DnsName name) || offset - start != name.Wire.Length || offset + 4 > message.Length)
        {
            return false;
        }

        question = new DnsQuestion(name, (DnsType)BinaryPrimitives.ReadUInt16BigEndian(message[offset..]));
        recordClass = BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..]);
        offset += 4;
        return true;
    }

    /// <summary>Reads the next record; false at the end, and at what is broken.</summary>
    public bool TryRead(out DnsRecord record)
    {
        record = default;
        if (_left == 0)
        {
            return false;
        }

        if (!TrySkipName(out int at) || at + FixedLength > _message.Length)
        {
            IsBroken = true;
            _left = 0;
            return false;
        }

        ReadOnlySpan<byte> fixedPart = _message.Slice(at, FixedLength);
        int length = BinaryPrimitives.ReadUInt16BigEndian(fixedPart[8..]);
        if (at + FixedLength + length > _message.Length)
        {
            IsBroken = true;
            _left = 0;
            return false;
        }

        DnsSection section = _index < _answers ? DnsSection.Answer
            : _index < _answers + _authorities ? DnsSection.Authority
            : DnsSection.Additional;
        record = new DnsRecord(_message, at, length, section);
        _offset = at + FixedLength + length;
        _index++;
        _left--;
        return true;
    }

    private readonly bool TrySkipName(out int behind)
    {
        behind = _offset;
        return DnsName.TryRead(_message, ref behind, out _);
    }
}
