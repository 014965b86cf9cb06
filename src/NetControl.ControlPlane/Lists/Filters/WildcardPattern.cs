namespace NetControl.ControlPlane.Lists.Filters;

/// <summary>A text with holes: what stands between them must be there, in order, the first at the beginning and the last at the end.</summary>
/// <remarks>Immutable; matching allocates nothing and takes, at worst, the product of both lengths.</remarks>
public sealed class WildcardPattern : IEquatable<WildcardPattern>
{
    private readonly string[] _parts;

    /// <summary>Makes a pattern of the texts between its holes; one text has no hole.</summary>
    public WildcardPattern(params IEnumerable<string> parts)
    {
        _parts = [.. parts];
        ArgumentOutOfRangeException.ThrowIfZero(_parts.Length);
    }

    /// <summary>The texts between the holes.</summary>
    public IReadOnlyList<string> Parts => _parts;

    /// <summary>Whether there is no hole.</summary>
    public bool IsExact => _parts.Length == 1;

    /// <summary>Whether it is a hole and nothing else.</summary>
    public bool IsAnything => !IsExact && Array.TrueForAll(_parts, part => part.Length == 0);

    /// <summary>The pattern of a text in which every <c>*</c> is a hole.</summary>
    public static WildcardPattern Parse(string text) => new(text.Split('*'));

    /// <summary>The same with holes at both ends.</summary>
    public WildcardPattern Within() => new(["", .. _parts, ""]);

    /// <summary>Whether the text is such a one.</summary>
    public bool Matches(ReadOnlySpan<char> text)
    {
        if (_parts.Length == 1)
        {
            return text.SequenceEqual(_parts[0]);
        }

        if (!text.StartsWith(_parts[0], StringComparison.Ordinal))
        {
            return false;
        }

        text = text[_parts[0].Length..];
        foreach (string part in _parts.AsSpan(1, _parts.Length - 2))
        {
            // The leftmost place is always as good as any other: it leaves most for those that follow.
            int at = text.IndexOf(part, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            text = text[(at + part.Length)..];
        }

        return text.EndsWith(_parts[^1], StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public bool Equals(WildcardPattern? other) => other is not null && _parts.AsSpan().SequenceEqual(other._parts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WildcardPattern);

    /// <inheritdoc/>
    public override int GetHashCode() => string.Join('*', _parts).GetHashCode(StringComparison.Ordinal);

    /// <summary>The text, holes as <c>*</c>.</summary>
    public override string ToString() => string.Join('*', _parts);
}
