namespace NetControl.Transport.Chains;

/// <summary>One part of a chain's text, <c>scheme:rest</c>, that knows where in the whole it stands.</summary>
public sealed class HopText
{
    private readonly int _part;
    private readonly int _column;

    internal HopText(string text, int part, int column)
    {
        _part = part;
        _column = column;
        Text = text;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        Scheme = (colon < 0 ? text : text[..colon]).ToLowerInvariant();
        RestOffset = colon < 0 ? text.Length : colon + 1;
    }

    /// <summary>The part, without the white space around it.</summary>
    public string Text { get; }

    /// <summary>What stands before the first colon, in lower case.</summary>
    public string Scheme { get; }

    /// <summary>Where in <see cref="Text"/> the rest begins.</summary>
    public int RestOffset { get; }

    /// <summary>What stands behind the first colon; empty without one.</summary>
    public string Rest => Text[RestOffset..];

    /// <summary>A fault at a place in <see cref="Text"/>, counted from 0. The message says the fix and quotes no secret.</summary>
    public ChainError Error(int offset, string message) => new(_part, _column + offset, message);
}
