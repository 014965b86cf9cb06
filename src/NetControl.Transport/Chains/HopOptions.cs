using System.Diagnostics.CodeAnalysis;

namespace NetControl.Transport.Chains;

/// <summary>The options of a hop's text, <c>key=value&amp;key=value</c>: keys in any letter case and once only, values percent-encoded, + is a blank.</summary>
public sealed class HopOptions
{
    private readonly Dictionary<string, HopOption> _values;

    private HopOptions(Dictionary<string, HopOption> values) => _values = values;

    /// <summary>No options.</summary>
    public static HopOptions None { get; } = new(new Dictionary<string, HopOption>(StringComparer.Ordinal));

    /// <summary>An option by its key in lower case; null if it was not written.</summary>
    public HopOption? this[string key] => _values.TryGetValue(key, out HopOption option) ? option : null;

    /// <summary>Reads options that begin at an offset in a hop's text and go on to <paramref name="end"/>.</summary>
    /// <param name="text">The hop's text.</param>
    /// <param name="start">Where the options begin, from 0.</param>
    /// <param name="end">Where they end.</param>
    /// <param name="known">The keys that the hop has, in lower case.</param>
    /// <param name="options">What was read.</param>
    /// <param name="error">What is wrong; holds no value.</param>
    public static bool TryParse(HopText text, int start, int end, IReadOnlyList<string> known,
        [NotNullWhen(true)] out HopOptions? options, [NotNullWhen(false)] out ChainError? error)
    {
        options = null;
        error = null;
        Dictionary<string, HopOption> values = new(StringComparer.Ordinal);
        for (int at = start; at < end;)
        {
            int ampersand = text.Text.IndexOf('&', at, end - at);
            int stop = ampersand < 0 ? end : ampersand;
            if (stop > at && (error = ReadOne(text, at, stop, known, values)) is not null)
            {
                return false;
            }

            at = stop + 1;
        }

        options = new HopOptions(values);
        return true;
    }

    /// <summary>Undoes percent-encoding, with + for a blank, as in the query of a URL.</summary>
    public static string Decode(string value) => Uri.UnescapeDataString(value.Replace('+', ' '));

    /// <summary>Percent-encodes a value so that <see cref="Decode"/> gives it back and nothing in it ends the option, the hop or the chain.</summary>
    public static string Encode(string value) => Uri.EscapeDataString(value)
        .Replace("%2F", "/", StringComparison.Ordinal).Replace("%2C", ",", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal);

    private static ChainError? ReadOne(HopText text, int at, int stop, IReadOnlyList<string> known, Dictionary<string, HopOption> values)
    {
        int equals = text.Text.IndexOf('=', at, stop - at);
        int keyEnd = equals < 0 ? stop : equals;
        string key = Decode(text.Text[at..keyEnd]).ToLowerInvariant();
        if (!known.Contains(key, StringComparer.Ordinal))
        {
            string shown = IsSurelyKey(text.Text, key, equals, stop) ? $"'{key}'" : "?";
            string has = known.Count == 0 ? "it takes none" : $"it takes {string.Join(", ", known)}";
            return text.Error(at, $"option {shown} is unknown to {text.Scheme}; {has}");
        }

        int valueStart = equals < 0 ? stop : equals + 1;
        return values.TryAdd(key, new HopOption(Decode(text.Text[valueStart..stop]), valueStart))
            ? null
            : text.Error(at, $"option '{key}' is there twice; write it once");
    }

    // An unknown key may be a secret in the wrong place, or a piece of one that holds a question mark. A word is a key where a value follows; base64
    // ends in signs like the one between them, and what comes before an @ is credentials.
    private static bool IsSurelyKey(string text, string key, int equals, int stop) =>
        key.Length is > 0 and <= 20 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
        && equals >= 0 && equals + 1 < stop && text[equals + 1] != '=' && !text.AsSpan(equals).Contains('@');
}
