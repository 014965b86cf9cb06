using System.Text;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists.Filters;

/// <summary>Reads a filter: a strict part of AIP-160's language, without what reads in two ways.</summary>
/// <remarks>
/// <code>
/// filter     = term { "AND" term } | term { "OR" term }      a mixture needs parentheses
/// term       = [ "NOT" | "-" ] ( "(" filter ")" | comparison )
/// comparison = field { "." part } ( "=" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" | ":" ) value
/// value      = text without spaces and parentheses | text in double or single quotes, with \ before " ' \ *
/// </code>
/// A fault stops the reading: what follows it would be a guess. Lengths and depth are bounded, since anybody may send one.
/// </remarks>
public sealed class FilterParser
{
    /// <summary>The longest filter, in characters.</summary>
    public const int LongestText = 4096;

    /// <summary>How deep parentheses may lie.</summary>
    public const int DeepestNesting = 32;

    private const string Example = "state=READY AND (name=eu-* OR age<5m)";
    private readonly string _text;
    private readonly string _field;
    private readonly ViolationList _violations;
    private int _at;
    private int _depth;

    private FilterParser(string text, string field, ViolationList violations)
    {
        _text = text;
        _field = field;
        _violations = violations;
    }

    /// <summary>Reads a filter; null where there is none, or a violation was noted.</summary>
    /// <param name="text">The filter.</param>
    /// <param name="field">The request's field, for violations.</param>
    /// <param name="violations">Gets what is wrong.</param>
    public static FilterNode? Parse(string text, string field, ViolationList violations)
    {
        ArgumentNullException.ThrowIfNull(violations);
        if (text.Length > LongestText)
        {
            violations.AddText(field, $"has {text.Length} characters; write at most {LongestText}", "INVALID_FILTER");
            return null;
        }

        FilterParser parser = new(text, field, violations);
        int control = text.AsSpan().IndexOfAnyInRange('\0', '\b');
        if (control >= 0)
        {
            return parser.Fail(control, $"\\u{(int)text[control]:x4}", "is a control character", "take it away");
        }

        parser.SkipSpace();
        if (parser.AtEnd)
        {
            return null;
        }

        FilterNode? node = parser.ReadFilter();
        return node is null || parser.AtEnd ? node : parser.Fail(parser._at, ")", "closes nothing", "take it away, or open it before");
    }

    private bool AtEnd => _at == _text.Length;

    private static bool IsPathChar(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.';

    private static bool IsDelimiter(char c) => char.IsWhiteSpace(c) || c is '(' or ')';

    private FilterNode? ReadFilter()
    {
        List<FilterNode> nodes = [];
        string joined = "";
        while (true)
        {
            if (ReadTerm() is not { } node)
            {
                return null;
            }

            nodes.Add(node);
            SkipSpace();
            if (AtEnd || _text[_at] == ')')
            {
                return nodes.Count == 1 ? nodes[0] : new FilterJunction(joined == "OR", nodes);
            }

            int at = _at;
            string word = ReadWord();
            if (word is not ("AND" or "OR"))
            {
                return Fail(at, word, "stands where AND or OR is expected", word.ToUpperInvariant() is "AND" or "OR"
                    ? "write it in capitals" : "join comparisons by AND or OR, and put quotes around a value with spaces");
            }

            if (joined.Length > 0 && joined != word)
            {
                return Fail(at, word, $"follows {joined}, and does not say which of them is meant first", "put parentheses around one of them");
            }

            joined = word;
        }
    }

    private FilterNode? ReadTerm()
    {
        SkipSpace();
        bool negated = TakeNegation();
        FilterNode? node = !AtEnd && _text[_at] == '(' ? ReadGroup() : ReadComparison();
        return node is not null && negated ? new FilterNegation(node) : node;
    }

    private bool TakeNegation()
    {
        int length = _text.AsSpan(_at) is ['-', ..] ? 1 : _text.AsSpan(_at) is ['N', 'O', 'T', char next, ..] && IsDelimiter(next) ? 3 : 0;
        _at += length;
        SkipSpace();
        return length > 0;
    }

    private FilterNode? ReadGroup()
    {
        int at = _at++;
        if (++_depth > DeepestNesting)
        {
            return Fail(at, "(", $"lies deeper than {DeepestNesting} parentheses", "write a flatter filter");
        }

        FilterNode? node = ReadFilter();
        if (node is null)
        {
            return null;
        }

        if (AtEnd)
        {
            return Fail(at, "(", "is not closed", "write ) where it ends");
        }

        _at++;
        _depth--;
        return node;
    }

    private FilterComparison? ReadComparison()
    {
        int start = _at;
        while (!AtEnd && IsPathChar(_text[_at]))
        {
            _at++;
        }

        string path = _text[start.._at];
        if (path.Length == 0 || !char.IsAsciiLetter(path[0]))
        {
            _at = start;
            return Fail(start, ReadWord(), "stands where a field is expected", $"write e.g. {Example}");
        }

        SkipSpace();
        if (TakeOperator() is not { } @operator)
        {
            return Fail(start, path, "is not followed by an operator", $"write e.g. {Example}");
        }

        SkipSpace();
        int at = _at;
        WildcardPattern? pattern = AtEnd || IsDelimiter(_text[_at]) ? null : _text[_at] is '"' or '\'' ? ReadQuoted() : ReadBare();
        if (pattern is null)
        {
            return Fail(at, _text[start..at], "is not followed by a whole value", "write one, in quotes if it has spaces; \"\" is the empty text");
        }

        return new FilterComparison(path, @operator, new FilterValue(pattern, at + 1), start + 1);
    }

    private FilterOperator? TakeOperator()
    {
        (FilterOperator? taken, int length) = _text.AsSpan(_at) switch
        {
            ['!', '=', ..] => (FilterOperator.NotEqual, 2),
            ['<', '=', ..] => (FilterOperator.LessOrEqual, 2),
            ['>', '=', ..] => (FilterOperator.GreaterOrEqual, 2),
            ['<', ..] => (FilterOperator.Less, 1),
            ['>', ..] => (FilterOperator.Greater, 1),
            ['=', ..] => (FilterOperator.Equal, 1),
            [':', ..] => (FilterOperator.Has, 1),
            _ => ((FilterOperator?)null, 0),
        };
        _at += length;
        return taken;
    }

    private WildcardPattern ReadBare() => WildcardPattern.Parse(ReadWord());

    // Null where the quotes are not closed, or something follows them at once.
    private WildcardPattern? ReadQuoted()
    {
        char quote = _text[_at++];
        List<string> parts = [];
        StringBuilder part = new();
        while (!AtEnd && _text[_at] != quote)
        {
            char c = _text[_at++];
            if (c == '*')
            {
                parts.Add(part.ToString());
                part.Clear();
                continue;
            }

            bool escaped = c == '\\' && !AtEnd && _text[_at] is '"' or '\'' or '\\' or '*';
            part.Append(escaped ? _text[_at++] : c);
        }

        if (AtEnd)
        {
            return null;
        }

        _at++;
        parts.Add(part.ToString());
        return AtEnd || IsDelimiter(_text[_at]) ? new WildcardPattern(parts) : null;
    }

    private string ReadWord()
    {
        int start = _at;
        while (!AtEnd && !IsDelimiter(_text[_at]))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private void SkipSpace()
    {
        while (!AtEnd && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private FilterComparison? Fail(int at, string value, string problem, string fix)
    {
        if (_violations.Items.All(v => v.Reason != "INVALID_FILTER"))
        {
            _violations.Add(_field, FilterValue.Shorten(value), $"at column {at + 1} {problem}", fix, "INVALID_FILTER");
        }

        return null;
    }
}
