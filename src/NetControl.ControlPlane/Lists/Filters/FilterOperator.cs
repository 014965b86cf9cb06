namespace NetControl.ControlPlane.Lists.Filters;

/// <summary>What a comparison asks of a field.</summary>
public enum FilterOperator
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>&lt;</c></summary>
    Less,

    /// <summary><c>&lt;=</c></summary>
    LessOrEqual,

    /// <summary><c>&gt;</c></summary>
    Greater,

    /// <summary><c>&gt;=</c></summary>
    GreaterOrEqual,

    /// <summary><c>:</c>: a list has such an element, a text has this in it, and with <c>*</c>: there is a value at all.</summary>
    Has,
}
