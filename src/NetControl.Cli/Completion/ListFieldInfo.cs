namespace NetControl.Cli.Completion;

/// <summary>A field that a list is filtered by.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Sorts">Whether the list can be ordered by it, too.</param>
/// <param name="Words">The words that it can hold; none where it can hold more.</param>
internal sealed record ListFieldInfo(string Name, bool Sorts = false, params string[] Words);
