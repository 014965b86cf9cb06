namespace NetControl.ControlPlane.Storage;

/// <summary>One transaction: all of it is stored, or nothing.</summary>
public sealed record StoredBatch
{
    /// <summary>The transaction's number.</summary>
    public required long Revision { get; init; }

    /// <summary>New and changed resources.</summary>
    public IReadOnlyList<StoredResource> Put { get; init; } = [];

    /// <summary>The names of removed resources.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>The answer to remember, if any.</summary>
    public StoredAnswer? Answer { get; init; }

    /// <summary>Single values to set; null removes one.</summary>
    public IReadOnlyDictionary<string, string?> Notes { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);
}
