using System.Diagnostics.CodeAnalysis;

namespace NetControl.Transport.Chains;

/// <summary>The kinds of hops a chain may use, and the reader of a chain's text: <c>a|b|c</c>, innermost first; empty is direct.</summary>
/// <remarks>Immutable, any thread. The grammar is Outline SDK's (x/configurl); what is added to it is said at each <see cref="HopType"/>.</remarks>
public sealed class HopRegistry
{
    private readonly SortedDictionary<string, HopType> _types;

    private HopRegistry(SortedDictionary<string, HopType> types) => _types = types;

    /// <summary>All hops of this library.</summary>
    public static HopRegistry Standard { get; } = Empty().With(StandardHops.All);

    /// <summary>The names of the hop types that a chain may use, in order.</summary>
    public IReadOnlyCollection<string> Types => [.. HopTypes.Select(type => type.Name)];

    /// <summary>The hop types that a chain may use, in the order of their names.</summary>
    public IReadOnlyCollection<HopType> HopTypes => [.. _types.Values.Where(type => type.Unavailable is null)];

    /// <summary>A registry without any type.</summary>
    public static HopRegistry Empty() => new(new SortedDictionary<string, HopType>(StringComparer.Ordinal));

    /// <summary>A registry with more types.</summary>
    /// <exception cref="ArgumentException">A type of that name is there already.</exception>
    public HopRegistry With(params IEnumerable<HopType> types)
    {
        SortedDictionary<string, HopType> all = new(_types, StringComparer.Ordinal);
        foreach (HopType type in types)
        {
            if (!all.TryAdd(type.Name, type))
            {
                throw new ArgumentException($"hop type '{type.Name}' is registered already", nameof(types));
            }
        }

        return new HopRegistry(all);
    }

    /// <summary>Reads a chain, or says where the text is wrong. The error holds no secret.</summary>
    public bool TryParse(string text, [NotNullWhen(true)] out Chain? chain, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        error = null;
        if (text.AsSpan().Trim().Length == 0)
        {
            chain = Chain.Direct;
            return true;
        }

        chain = null;
        List<Hop> hops = [];
        foreach (Range range in text.AsSpan().Split('|'))
        {
            (int start, int length) = range.GetOffsetAndLength(text.Length);
            ReadOnlySpan<char> part = text.AsSpan(start, length);
            int leading = part.Length - part.TrimStart().Length;
            if (!TryParsePart(new HopText(part.Trim().ToString(), hops.Count + 1, start + leading + 1), out Hop? hop, out error))
            {
                return false;
            }

            hops.Add(hop);
        }

        chain = new Chain(hops);
        return true;
    }

    /// <summary>A chain's text with every secret replaced and all else kept; one that was redacted before is given back.</summary>
    /// <param name="text">The text.</param>
    /// <param name="sanitized">The chain's text without secrets.</param>
    /// <param name="error">Where the text is wrong; holds no secret. Such a text may hold anything, and is not to be shown.</param>
    public bool TrySanitize(string text, [NotNullWhen(true)] out string? sanitized, [NotNullWhen(false)] out ChainError? error)
    {
        if (TryParse(text, out Chain? chain, out error))
        {
            sanitized = chain.Redacted;
            return true;
        }

        // With some secret in the place of each word it is a chain that looks the same: then nothing else was in those places.
        sanitized = TryParse(FillIn(text), out Chain? filled, out _) && filled.Redacted == text ? text : null;
        error = sanitized is null ? error : null;
        return sanitized is not null;
    }

    private string FillIn(string text) => string.Join('|', text.Split('|').Select(part =>
        _types.TryGetValue(new HopText(part, 1, 1).Scheme, out HopType? type) ? type.FillIn(part) : part));

    private bool TryParsePart(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        if (_types.TryGetValue(text.Scheme, out HopType? type))
        {
            return type.TryParse(text, out hop, out error);
        }

        hop = null;
        string shown = IsScheme(text) ? text.Scheme : "?";
        error = text.Error(0, text.Text.Length == 0
            ? "is empty; remove the |, or write e.g. socks5://127.0.0.1:1080"
            : $"config type '{shown}' is not registered; registered: {string.Join(", ", Types)}");
        return false;
    }

    // RFC 3986, section 3.1. What does not look like a scheme may be a secret in the wrong place, and is not repeated.
    private static bool IsScheme(HopText text) =>
        text.Text.Contains(':', StringComparison.Ordinal) && text.Scheme.Length is > 0 and <= 20 && char.IsAsciiLetter(text.Scheme[0])
            && text.Scheme.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.');
}
