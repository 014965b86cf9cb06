namespace NetControl.Cli.Top;

/// <summary>What sessions are ordered by.</summary>
internal enum SortOrder
{
    /// <summary>Bytes a second, both ways.</summary>
    Rate,

    /// <summary>Bytes so far, both ways.</summary>
    Bytes,

    /// <summary>The oldest first.</summary>
    Age,
}
