using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>A part of the name space: zones by name, the reverse zones of address ranges, and the search domains of a resolv.conf.</summary>
/// <remarks>Immutable; equal by its text.</remarks>
public sealed class DnsZones : IEquatable<DnsZones>
{
    /// <summary>The word that stands for the search domains.</summary>
    public const string SearchWord = "search";

    private static readonly DnsName s_v4 = Parse("in-addr.arpa");
    private static readonly DnsName s_v6 = Parse("ip6.arpa");
    private readonly DnsName[] _names;
    private readonly IpPrefix[] _ranges;

    private DnsZones(DnsName[] names, IpPrefix[] ranges, bool search, string text)
    {
        _names = names;
        _ranges = ranges;
        IncludesSearch = search;
        Text = text;
    }

    /// <summary>The zones as <see cref="TryParse"/> reads them.</summary>
    public string Text { get; }

    /// <summary>Whether the search domains belong to it.</summary>
    public bool IncludesSearch { get; }

    /// <summary>Reads zones, separated by commas: a name, a range such as <c>10.0.0.0/8</c> for its reverse names, or <c>search</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="zones">The zones.</param>
    /// <param name="fault">The part that is none of these; empty if there is none at all.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out DnsZones? zones, [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        zones = null;
        fault = null;
        List<DnsName> names = [];
        List<IpPrefix> ranges = [];
        List<string> parts = [];
        bool search = false;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.Equals(SearchWord, StringComparison.OrdinalIgnoreCase))
            {
                search = true;
                parts.Add(SearchWord);
            }
            else if (part.Contains('/', StringComparison.Ordinal) && IpPrefix.TryParse(part, out IpPrefix range))
            {
                ranges.Add(range);
                parts.Add($"{range}");
            }
            else if (DnsName.TryParseHost(part, out DnsName name))
            {
                names.Add(name);
                parts.Add(part);
            }
            else
            {
                fault = part;
                return false;
            }
        }

        zones = new DnsZones([.. names], [.. ranges], search, string.Join(',', parts));
        return true;
    }

    /// <summary>Whether a name lies in it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="search">The search domains as they are now.</param>
    public bool Contains(DnsName name, IReadOnlyList<DnsName> search)
    {
        ArgumentNullException.ThrowIfNull(search);
        return Array.Exists(_names, name.IsWithin)
            || (IncludesSearch && search.Any(name.IsWithin))
            || (_ranges.Length > 0 && TryReadReverse(name, out IpPrefix range) && Array.Exists(_ranges, one => Covers(one, range)));
    }

    /// <inheritdoc/>
    public bool Equals(DnsZones? other) => other is not null && string.Equals(Text, other.Text, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DnsZones);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Text);

    /// <summary>The text.</summary>
    public override string ToString() => Text;

    private static bool Covers(IpPrefix range, IpPrefix part) =>
        range.Address.IsV4 == part.Address.IsV4 && range.Length <= part.Length && range.Contains(part.Address);

    /// <summary>The range that a reverse name stands for: all its labels make an address, fewer a range (RFC 1035 3.5, RFC 3596 2.5).</summary>
    private static bool TryReadReverse(DnsName name, out IpPrefix range)
    {
        range = default;
        bool v4 = name.IsWithin(s_v4);
        if (!v4 && !name.IsWithin(s_v6))
        {
            return false;
        }

        string[] labels = name.ToString().Split('.', StringSplitOptions.RemoveEmptyEntries)[..^2];
        Array.Reverse(labels); // now the most significant comes first
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        int step = v4 ? 8 : 4;
        if (labels.Length * step > (v4 ? 32 : 128))
        {
            return false;
        }

        for (int i = 0; i < labels.Length; i++)
        {
            NumberStyles style = v4 ? NumberStyles.None : NumberStyles.AllowHexSpecifier;
            if ((!v4 && labels[i].Length != 1) || !byte.TryParse(labels[i], style, CultureInfo.InvariantCulture, out byte value))
            {
                return false;
            }

            if (v4)
            {
                bytes[i] = value;
            }
            else
            {
                bytes[i / 2] |= (byte)(i % 2 == 0 ? value << 4 : value);
            }
        }

        range = new IpPrefix(v4 ? IpAddr.ReadV4(bytes) : IpAddr.ReadV6(bytes), labels.Length * step);
        return true;
    }

    private static DnsName Parse(string text) => DnsName.TryParse(text, out DnsName name) ? name : default;
}
