namespace NetControl.ControlPlane.Lists.Filters;

/// <summary>One field compared with one value.</summary>
/// <param name="Path">The field, its parts joined by points.</param>
/// <param name="Operator">How.</param>
/// <param name="Value">With what.</param>
/// <param name="Column">Where it begins in the text, from 1.</param>
public sealed record FilterComparison(string Path, FilterOperator Operator, FilterValue Value, int Column) : FilterNode
{
    private static readonly string[] s_symbols = ["=", "!=", "<", "<=", ">", ">=", ":"];

    /// <summary>The operator as it is written.</summary>
    public string Symbol => s_symbols[(int)Operator];

    /// <inheritdoc/>
    public override string ToString() => $"{Path}{Symbol}{Value}";
}
