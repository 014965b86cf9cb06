using System.Buffers;
using System.Text;

namespace NetControl.Transport.Http;

/// <summary>The head of an HTTP/1.1 response: status line and header fields (RFC 9112 sections 4 and 5), a view on its bytes.</summary>
/// <remarks>
/// Strict where leniency would let two readers disagree: lines end with CR LF, names are tokens without a space before the colon, no line
/// is folded. Fields are looked up when asked for; nobody here needs more than two.
/// </remarks>
internal readonly ref struct ResponseHead
{
    /// <summary>A head must fit in here, informational ones before it included.</summary>
    public const int MaxLength = 16 << 10;

    /// <summary><c>HTTP/1.1 200</c> and an empty line.</summary>
    private const int ShortestLength = 16;
    private const int StatusAt = 9;
    private static readonly SearchValues<byte> s_separators = SearchValues.Create("\"(),/:;<=>?@[\\]{}"u8);
    private readonly ReadOnlySpan<byte> _reason;
    private readonly ReadOnlySpan<byte> _fields;

    private ResponseHead(int statusCode, ReadOnlySpan<byte> reason, ReadOnlySpan<byte> fields)
    {
        StatusCode = statusCode;
        _reason = reason;
        _fields = fields;
    }

    /// <summary>The three digits.</summary>
    public int StatusCode { get; }

    /// <summary>The reason phrase as far as it can be shown: visible ASCII, and not much of it.</summary>
    public string Reason => Show(_reason);

    private static ReadOnlySpan<byte> Version => "HTTP/1."u8;

    /// <summary>Judges what has been received so far.</summary>
    /// <param name="received">All bytes received, from the first of the head.</param>
    /// <param name="judged">How many of them an earlier call has seen.</param>
    /// <returns>
    /// How long the head is at least. More than what was received: read on, but not further, because what follows it may be payload. Equal:
    /// it is complete. Less than zero: this is no head.
    /// </returns>
    public static int Examine(ReadOnlySpan<byte> received, int judged)
    {
        int known = Math.Min(received.Length, Version.Length);
        if (!received[..known].SequenceEqual(Version[..known]))
        {
            return -1;
        }

        for (int i = received[judged..].IndexOf((byte)'\n'); i >= 0;)
        {
            // A line that ends without a CR would make the end of the head a matter of opinion.
            int at = judged + i;
            if (at == 0 || received[at - 1] != '\r')
            {
                return -1;
            }

            judged = at + 1;
            i = received[judged..].IndexOf((byte)'\n');
        }

        int matched = received.EndsWith("\r\n\r\n"u8) ? 4
            : received.EndsWith("\r\n\r"u8) ? 3
            : received.EndsWith("\r\n"u8) ? 2
            : received.EndsWith("\r"u8) ? 1
            : 0;
        return matched == 4 ? received.Length : Math.Max(received.Length + 4 - matched, ShortestLength);
    }

    /// <summary>Reads a complete head.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ResponseHead head)
    {
        head = default;
        int lineEnd = bytes.IndexOf("\r\n"u8);
        if (!bytes.EndsWith("\r\n\r\n"u8) || lineEnd < StatusAt + 3 || !bytes.StartsWith(Version))
        {
            return false;
        }

        ReadOnlySpan<byte> line = bytes[..lineEnd];
        if (!char.IsAsciiDigit((char)line[7]) || line[8] != ' ' || !TryReadStatus(line[StatusAt..], out int status)
            || (line.Length > StatusAt + 3 && line[StatusAt + 3] != ' '))
        {
            return false;
        }

        ReadOnlySpan<byte> fields = bytes[(lineEnd + 2)..^2];
        if (!AreFields(fields))
        {
            return false;
        }

        head = new ResponseHead(status, line.Length > StatusAt + 4 ? line[(StatusAt + 4)..] : [], fields);
        return true;
    }

    /// <summary>The value of the first field by this name, without surrounding white space; false without one.</summary>
    public bool TryGetField(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> left = _fields;
        while (TryNextField(ref left, out ReadOnlySpan<byte> candidate, out value))
        {
            if (Ascii.EqualsIgnoreCase(candidate, name))
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Whether any field by this name lists this token (RFC 9110 section 5.6.1), in whatever letter case.</summary>
    public bool HasToken(ReadOnlySpan<byte> name, ReadOnlySpan<byte> token)
    {
        ReadOnlySpan<byte> left = _fields;
        while (TryNextField(ref left, out ReadOnlySpan<byte> candidate, out ReadOnlySpan<byte> value))
        {
            if (!Ascii.EqualsIgnoreCase(candidate, name))
            {
                continue;
            }

            foreach (Range range in value.Split((byte)','))
            {
                if (Ascii.EqualsIgnoreCase(value[range].Trim(" \t"u8), token))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>What a server wrote, in a form that can stand in a message of ours.</summary>
    public static string Show(ReadOnlySpan<byte> text)
    {
        const int Most = 64;
        return string.Create(Math.Min(text.Length, Most), text, static (to, from) =>
        {
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = from[i] is >= (byte)' ' and <= (byte)'~' ? (char)from[i] : '?';
            }
        });
    }

    private static bool TryReadStatus(ReadOnlySpan<byte> digits, out int status)
    {
        status = 0;
        foreach (byte digit in digits[..3])
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            status = (status * 10) + digit - '0';
        }

        return status is >= 100 and <= 599;
    }

    private static bool AreFields(ReadOnlySpan<byte> fields)
    {
        while (!fields.IsEmpty)
        {
            int end = fields.IndexOf("\r\n"u8);
            int colon = fields[..end].IndexOf((byte)':');
            if (colon <= 0 || !IsToken(fields[..colon]) || fields[(colon + 1)..end].IndexOfAny((byte)'\r', (byte)'\n', (byte)0) >= 0)
            {
                return false;
            }

            fields = fields[(end + 2)..];
        }

        return true;
    }

    // RFC 9110 section 5.6.2, as far as it matters: nothing that separates, folds or ends a line.
    private static bool IsToken(ReadOnlySpan<byte> name) =>
        !name.ContainsAnyExceptInRange((byte)'!', (byte)'~') && !name.ContainsAny(s_separators);

    private static bool TryNextField(
        scoped ref ReadOnlySpan<byte> left, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        if (left.IsEmpty)
        {
            name = value = default;
            return false;
        }

        int end = left.IndexOf("\r\n"u8);
        int colon = left.IndexOf((byte)':');
        name = left[..colon];
        value = left[(colon + 1)..end].Trim(" \t"u8);
        left = left[(end + 2)..];
        return true;
    }
}
