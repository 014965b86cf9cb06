namespace NetControl.Server.Gateway;

/// <summary>A path of a <c>google.api.http</c> rule, such as <c>/v1/{name=delegates/*}:swap</c>.</summary>
/// <remarks>
/// The grammar is the one written down in google/api/http.proto: segments, <c>*</c> for one, <c>**</c> for the rest, variables over
/// segments, and a verb after a colon.
/// </remarks>
internal sealed class PathTemplate
{
    private readonly List<PathSegment> _segments = [];
    private readonly List<string> _variables = [];
    private readonly string _verb;

    private PathTemplate(string text, string path, string verb)
    {
        Text = text;
        _verb = verb;
        int at = 0;
        while (at < path.Length)
        {
            at = path[at] == '{' ? AddVariable(path, at) : AddSegments(path, at, EndOfSegment(path, at), -1);
            at += at < path.Length && path[at] == '/' ? 1 : 0;
        }
    }

    public string Text { get; }

    /// <summary>The field paths that it binds.</summary>
    public IReadOnlyList<string> Variables => _variables;

    /// <summary>How many of its segments are literal: of two that match, the one with more is meant.</summary>
    public int Literals => _segments.Count(s => s.Literal is not null) + (_verb.Length > 0 ? 1 : 0);

    public static PathTemplate Parse(string text)
    {
        if (!text.StartsWith('/'))
        {
            throw new FormatException($"\"{text}\" does not begin with a slash");
        }

        // A colon inside a variable would be part of a segment; the verb's comes after the last slash and the last brace.
        int colon = text.LastIndexOf(':');
        bool hasVerb = colon > text.LastIndexOf('/') && colon > text.LastIndexOf('}');
        return new PathTemplate(text, hasVerb ? text[1..colon] : text[1..], hasVerb ? text[(colon + 1)..] : "");
    }

    /// <summary>Matches a path as it came over the wire, still percent-encoded; gives the variables' values.</summary>
    public bool TryMatch(string path, out string[] values)
    {
        values = [];
        if (!path.StartsWith('/'))
        {
            return false;
        }

        ReadOnlySpan<char> rest = path.AsSpan(1);
        if (_verb.Length > 0)
        {
            int colon = rest.LastIndexOf(':');
            if (colon < 0 || !rest[(colon + 1)..].SequenceEqual(_verb))
            {
                return false;
            }

            rest = rest[..colon];
        }

        string[] parts = rest.ToString().Split('/');
        bool many = _segments.Exists(s => s.IsMany);
        return (many ? parts.Length >= _segments.Count - 1 : parts.Length == _segments.Count) && Bind(parts, out values);
    }

    private bool Bind(string[] parts, out string[] values)
    {
        List<string>[] bound = [.. _variables.Select(_ => new List<string>())];
        values = [];
        int at = 0;
        foreach (PathSegment segment in _segments)
        {
            int take = segment.IsMany ? parts.Length - _segments.Count + 1 : 1;
            for (int i = 0; i < take; i++, at++)
            {
                string part = parts[at];
                if (segment.Literal is null ? part.Length == 0 || part.Contains(':', StringComparison.Ordinal)
                    : !string.Equals(Decode(part, keepSlash: false), segment.Literal, StringComparison.Ordinal))
                {
                    return false;
                }

                if (segment.Variable >= 0)
                {
                    bound[segment.Variable].Add(part);
                }
            }
        }

        // A variable of one segment is decoded whole; in one of several, an encoded slash stays encoded, or it could not be told apart.
        values = [.. bound.Select(list => list.Count == 1 ? Decode(list[0], keepSlash: false)
            : string.Join('/', list.Select(part => Decode(part, keepSlash: true))))];
        return true;
    }

    private static string Decode(string part, bool keepSlash) => !part.Contains('%', StringComparison.Ordinal) ? part
        : keepSlash ? Uri.UnescapeDataString(part.Replace("%2F", "%252F", StringComparison.OrdinalIgnoreCase))
        : Uri.UnescapeDataString(part);

    private int AddVariable(string path, int at)
    {
        int end = path.IndexOf('}', at);
        string inside = path[(at + 1)..end];
        int equals = inside.IndexOf('=', StringComparison.Ordinal);
        _variables.Add(equals < 0 ? inside : inside[..equals]);
        string pattern = equals < 0 ? "*" : inside[(equals + 1)..];
        AddSegments(pattern, 0, pattern.Length, _variables.Count - 1);
        return end + 1;
    }

    private int AddSegments(string path, int from, int to, int variable)
    {
        foreach (string segment in path[from..to].Split('/'))
        {
            _segments.Add(new PathSegment(segment is "*" or "**" ? null : segment, segment == "**", variable));
        }

        return to;
    }

    private static int EndOfSegment(string path, int at)
    {
        int slash = path.IndexOf('/', at);
        return slash < 0 ? path.Length : slash;
    }
}
