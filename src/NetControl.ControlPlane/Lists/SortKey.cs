namespace NetControl.ControlPlane.Lists;

/// <summary>What an item is ordered by: a text or a number; the other one is the same for all items of a field.</summary>
/// <param name="Text">The text, ordered by its characters' numbers.</param>
/// <param name="Number">The number, or ticks.</param>
internal readonly record struct SortKey(string Text, long Number)
{
    public static implicit operator SortKey(string text) => new(text, 0);

    public static implicit operator SortKey(long number) => new("", number);

    /// <summary>Which of two comes first.</summary>
    public int Compare(SortKey other)
    {
        int text = string.CompareOrdinal(Text, other.Text);
        return text != 0 ? text : Number.CompareTo(other.Number);
    }
}
