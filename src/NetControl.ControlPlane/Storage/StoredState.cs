namespace NetControl.ControlPlane.Storage;

/// <summary>Everything that a store holds.</summary>
public sealed record StoredState
{
    /// <summary>The last committed transaction.</summary>
    public long Revision { get; init; }

    /// <summary>The resources.</summary>
    public IReadOnlyList<StoredResource> Resources { get; init; } = [];

    /// <summary>The answers that have not expired.</summary>
    public IReadOnlyList<StoredAnswer> Answers { get; init; } = [];

    /// <summary>Single values by key.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
