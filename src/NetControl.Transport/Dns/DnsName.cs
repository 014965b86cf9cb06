using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace NetControl.Transport.Dns;

/// <summary>A domain name, kept as it goes over the wire (RFC 1035 section 3.1); equal regardless of ASCII letter case (RFC 4343).</summary>
/// <remarks>Immutable. <c>default</c> is the root.</remarks>
public readonly struct DnsName : IEquatable<DnsName>
{
    /// <summary>The longest a name may be on the wire, its final root label included.</summary>
    public const int MaxWireLength = 255;

    private const int MaxLabel = 63;
    private static readonly SearchValues<char> s_host = SearchValues.Create("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private readonly byte[]? _wire;

    private DnsName(byte[] wire) => _wire = wire;

    /// <summary>Whether this is the root.</summary>
    public bool IsRoot => _wire is null;

    /// <summary>The labels, each after its length, with the root's zero at the end.</summary>
    public ReadOnlySpan<byte> Wire => _wire ?? RootWire;

    private static ReadOnlySpan<byte> RootWire => [0];

    /// <summary>Reads a name as people write it, with or without the final dot; the empty text and <c>.</c> are the root.</summary>
    /// <param name="text">ASCII; <c>\.</c> and <c>\DDD</c> put any byte into a label (RFC 4343 section 2.1).</param>
    /// <param name="name">The name.</param>
    /// <returns>False if a label is empty or longer than 63 bytes, the whole longer than 255, or not ASCII.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out DnsName name)
    {
        name = default;
        if (text.Length == 0 || text is ".")
        {
            return true;
        }

        Span<byte> wire = stackalloc byte[MaxWireLength];
        int label = 0; // where the length of the label at hand stands
        int length = 1;
        for (int at = 0; at < text.Length; at++, length++)
        {
            if (length == MaxWireLength)
            {
                return false;
            }

            if (text[at] == '.')
            {
                if (length - label == 1)
                {
                    return false;
                }

                wire[label] = (byte)(length - label - 1);
                label = length;
            }
            else if (!TryReadByte(text, ref at, out wire[length]) || length - label > MaxLabel)
            {
                return false;
            }
        }

        if (length - label > 1)
        {
            if (length == MaxWireLength)
            {
                return false;
            }

            wire[label] = (byte)(length - label - 1);
            wire[length++] = 0;
        }
        else
        {
            wire[label] = 0; // the final dot was written
        }

        name = new DnsName(wire[..length].ToArray());
        return true;
    }

    /// <summary>Reads a host's name: letters, digits, hyphens and underscores between dots, and not the root.</summary>
    public static bool TryParseHost(ReadOnlySpan<char> text, out DnsName name)
    {
        name = default;
        return !text.ContainsAnyExcept(s_host) && TryParse(text, out name) && !name.IsRoot;
    }

    /// <summary>Reads a name from a message, following compression (RFC 1035 section 4.1.4), and moves behind it.</summary>
    /// <returns>False if it is cut off, longer than a name may be, or points anywhere but back.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, out DnsName name)
    {
        name = default;
        Span<byte> wire = stackalloc byte[MaxWireLength];
        int length = 0;
        int at = offset;
        int behind = -1;
        int bound = message.Length; // a pointer leads before the place it was read from, so that no chain of them ends nowhere
        while (at < message.Length)
        {
            int lead = message[at];
            if (lead >= 0xC0)
            {
                if (at + 2 > message.Length)
                {
                    return false;
                }

                int target = ((lead & 0x3F) << 8) | message[at + 1];
                behind = behind < 0 ? at + 2 : behind;
                if (target >= Math.Min(at, bound))
                {
                    return false;
                }

                bound = at = target;
                continue;
            }

            if (lead > MaxLabel || at + 1 + lead > message.Length || length + 1 + lead > MaxWireLength - (lead == 0 ? 0 : 1))
            {
                return false;
            }

            message.Slice(at, lead + 1).CopyTo(wire[length..]);
            length += lead + 1;
            at += lead + 1;
            if (lead == 0)
            {
                offset = behind < 0 ? at : behind;
                name = length == 1 ? default : new DnsName(wire[..length].ToArray());
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the name is a zone's, or below it.</summary>
    public bool IsWithin(DnsName zone)
    {
        ReadOnlySpan<byte> name = Wire;
        ReadOnlySpan<byte> suffix = zone.Wire;
        int at = 0;
        while (name.Length - at > suffix.Length)
        {
            at += name[at] + 1;
        }

        return EqualIgnoringCase(name[at..], suffix);
    }

    /// <inheritdoc/>
    public bool Equals(DnsName other) => EqualIgnoringCase(Wire, other.Wire);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is DnsName other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (byte b in Wire)
        {
            hash.Add(Fold(b));
        }

        return hash.ToHashCode();
    }

    /// <summary>Equality regardless of ASCII letter case.</summary>
    public static bool operator ==(DnsName left, DnsName right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(DnsName left, DnsName right) => !left.Equals(right);

    /// <summary>The name with its final dot, as <see cref="TryParse"/> reads it.</summary>
    public override string ToString()
    {
        if (IsRoot)
        {
            return ".";
        }

        StringBuilder text = new();
        ReadOnlySpan<byte> wire = Wire;
        for (int at = 0; wire[at] != 0; at += wire[at] + 1)
        {
            foreach (byte b in wire.Slice(at + 1, wire[at]))
            {
                _ = b is (byte)'.' or (byte)'\\' ? text.Append('\\').Append((char)b)
                    : b is > 0x20 and < 0x7F ? text.Append((char)b)
                    : text.Append(CultureInfo.InvariantCulture, $"\\{b:D3}");
            }

            text.Append('.');
        }

        return text.ToString();
    }

    // Lengths are below 64 and letters are not, so folding whole names never mistakes one for the other.
    private static bool EqualIgnoringCase(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (int i = 0; i < left.Length; i++)
        {
            if (Fold(left[i]) != Fold(right[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static byte Fold(byte b) => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;

    private static bool TryReadByte(ReadOnlySpan<char> text, ref int at, out byte value)
    {
        value = 0;
        if (text[at] != '\\')
        {
            value = (byte)text[at];
            return text[at] is > ' ' and < '\x7F';
        }

        if (++at == text.Length)
        {
            return false;
        }

        if (!char.IsAsciiDigit(text[at]))
        {
            value = (byte)text[at];
            return text[at] is > ' ' and < '\x7F';
        }

        if (at + 3 > text.Length || !byte.TryParse(text.Slice(at, 3), NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        at += 2;
        return true;
    }
}
