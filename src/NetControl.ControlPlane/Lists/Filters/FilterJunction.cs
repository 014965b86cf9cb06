namespace NetControl.ControlPlane.Lists.Filters;

/// <summary>Several filters, all of which must hold, or one of which.</summary>
/// <param name="Any">Whether one is enough.</param>
/// <param name="Nodes">At least two.</param>
public sealed record FilterJunction(bool Any, IReadOnlyList<FilterNode> Nodes) : FilterNode
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(Any ? " OR " : " AND ", Nodes.Select(node => node is FilterJunction ? $"({node})" : node.ToString()));
}
