using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace NetControl.Network;

/// <summary>An IPv4 or IPv6 address as a plain value: comparing, hashing and copying it never touches the heap.</summary>
/// <remarks>
/// Stored as sixteen bytes in network order, an IPv4 address in its mapped form <c>::ffff:a.b.c.d</c> (RFC 4291 section 2.5.5.2), so one
/// comparison serves both families. A mapped address that arrives inside an IPv6 header is a martian and is dropped before it becomes an
/// <see cref="IpAddr"/>. Scope ids are not kept: a link-local peer is not routable through a proxy.
/// </remarks>
public readonly struct IpAddr : IEquatable<IpAddr>, ISpanFormattable, IUtf8SpanFormattable
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;
    private readonly ulong _high;
    private readonly ulong _low;

    private IpAddr(ulong high, ulong low)
    {
        _high = high;
        _low = low;
    }

    /// <summary>The unspecified IPv4 address, 0.0.0.0.</summary>
    public static IpAddr AnyV4 => new(0, MappedPrefix);

    /// <summary>The unspecified IPv6 address, <c>::</c>; also the value of <c>default</c>.</summary>
    public static IpAddr AnyV6 => default;

    /// <summary>Whether this is an IPv4 address.</summary>
    public bool IsV4 => _high == 0 && (_low & 0xFFFF_FFFF_0000_0000) == MappedPrefix;

    /// <summary>Whether this is the unspecified address of its family.</summary>
    public bool IsUnspecified => _high == 0 && (_low == 0 || _low == MappedPrefix);

    /// <summary>The IPv4 address as a host-order number. Meaningful only when <see cref="IsV4"/>.</summary>
    public uint V4 => (uint)_low;

    /// <summary>The first eight bytes as a host-order number.</summary>
    public ulong High => _high;

    /// <summary>The last eight bytes as a host-order number.</summary>
    public ulong Low => _low;

    /// <summary>Makes an IPv4 address from a host-order number: 127.0.0.1 is <c>0x7F000001</c>.</summary>
    public static IpAddr FromV4(uint hostOrder) => new(0, MappedPrefix | hostOrder);

    /// <summary>Reads an IPv4 address from four bytes in network order.</summary>
    public static IpAddr ReadV4(ReadOnlySpan<byte> bytes) => FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes));

    /// <summary>Reads an IPv6 address from sixteen bytes in network order.</summary>
    public static IpAddr ReadV6(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Converts from the framework's address class.</summary>
    /// <exception cref="ArgumentException">The address is neither IPv4 nor IPv6.</exception>
    public static IpAddr From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out int written))
        {
            throw new ArgumentException("not an IP address", nameof(address));
        }

        return written == 4 ? ReadV4(bytes) : ReadV6(bytes);
    }

    /// <summary>Parses <c>192.0.2.1</c>, <c>2001:db8::1</c> or <c>[2001:db8::1]</c>. A zone (<c>%eth0</c>) is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddr address)
    {
        address = default;
        if (text.Length >= 2 && text[0] == '[' && text[^1] == ']')
        {
            text = text[1..^1];
            if (!text.Contains(':'))
            {
                return false;
            }
        }

        // The framework accepts "1", "0x7f.1" and "127.1"; a control plane must not guess, so IPv4 needs its three dots and decimals. Of
        // "[::1]:53" it overlooks the port.
        bool colon = text.Contains(':');
        if (text.ContainsAny("%/[") || (!colon && !IsDottedQuad(text)))
        {
            return false;
        }

        if (!IPAddress.TryParse(text, out IPAddress? parsed))
        {
            return false;
        }

        address = From(parsed);
        return true;
    }

    /// <summary>Parses an address; see <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static IpAddr Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out IpAddr address) ? address : throw new FormatException($"'{text}' is not an IP address");

    /// <summary>Writes the four bytes of an IPv4 address in network order.</summary>
    public void WriteV4(Span<byte> destination) => BinaryPrimitives.WriteUInt32BigEndian(destination, V4);

    /// <summary>Writes the sixteen bytes in network order; an IPv4 address in its mapped form.</summary>
    public void WriteV6(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
    }

    /// <summary>Converts to the framework's address class (allocates).</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        WriteV6(bytes);
        return IsV4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }

    /// <inheritdoc/>
    public bool Equals(IpAddr other) => _low == other._low && _high == other._high;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is IpAddr other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>Equality by address and family.</summary>
    public static bool operator ==(IpAddr left, IpAddr right) => left.Equals(right);

    /// <summary>Inequality by address or family.</summary>
    public static bool operator !=(IpAddr left, IpAddr right) => !left.Equals(right);

    /// <summary>The canonical text (RFC 5952 for IPv6), without brackets.</summary>
    public override string ToString() => ToIPAddress().ToString();

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        ToIPAddress().TryFormat(destination, out charsWritten);

    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        ToIPAddress().TryFormat(utf8Destination, out bytesWritten);

    /// <summary>The framework's family constant for this address.</summary>
    public AddressFamily Family => IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        int dots = 0;
        foreach (char c in text)
        {
            if (c == '.')
            {
                dots++;
            }
            else if (!char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        return dots == 3;
    }
}
