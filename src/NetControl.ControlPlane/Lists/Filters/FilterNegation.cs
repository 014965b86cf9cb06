namespace NetControl.ControlPlane.Lists.Filters;

/// <summary>The opposite of a filter.</summary>
/// <param name="Node">What must not hold.</param>
public sealed record FilterNegation(FilterNode Node) : FilterNode
{
    /// <inheritdoc/>
    public override string ToString() => Node is FilterComparison ? $"NOT {Node}" : $"NOT ({Node})";
}
