using NetControl.Transport.Http;
using NetControl.Transport.Http2.Hpack;

namespace NetControl.Transport.Http2;

/// <summary>What matters of a response's fields: the status, and whether they are fields at all (RFC 9113 section 8).</summary>
internal sealed class Http2Response : IHpackHandler
{
    private bool _fields;

    /// <summary>The status, or 0 if there was none.</summary>
    public int Status { get; private set; }

    /// <summary>Whether the fields break the rules; the stream is then malformed.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>The scheme of the first challenge, made harmless; empty without one.</summary>
    public string Challenge { get; private set; } = "";

    /// <summary>Forgets the last response.</summary>
    public void Reset()
    {
        _fields = IsMalformed = false;
        Status = 0;
        Challenge = "";
    }

    /// <inheritdoc/>
    public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!name.IsEmpty && name[0] == ':')
        {
            // The only one that a response has; in front of all other fields, and once.
            IsMalformed |= _fields || Status != 0 || !name.SequenceEqual(":status"u8) || !TryRead(value);
            return;
        }

        _fields = true;
        IsMalformed |= name.IsEmpty || name.ContainsAnyInRange((byte)'A', (byte)'Z')
            || name.ContainsAnyExceptInRange((byte)'!', (byte)'~') || value.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) >= 0;
        if (Challenge.Length == 0 && name.SequenceEqual("proxy-authenticate"u8))
        {
            int end = value.IndexOfAny((byte)' ', (byte)',');
            Challenge = ResponseHead.Show(end < 0 ? value : value[..end]);
        }
    }

    private bool TryRead(ReadOnlySpan<byte> digits)
    {
        if (digits.Length != 3 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        Status = ((digits[0] - '0') * 100) + ((digits[1] - '0') * 10) + digits[2] - '0';
        return Status is >= 100 and <= 599;
    }
}
