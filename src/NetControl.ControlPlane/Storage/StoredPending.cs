namespace NetControl.ControlPlane.Storage;

/// <summary>What a transaction that waits for confirmation is taken back to.</summary>
/// <param name="Id">What to confirm with.</param>
/// <param name="Deadline">When it is taken back.</param>
/// <param name="Before">The changed resources as they were.</param>
/// <param name="Added">The names of those that were not there.</param>
internal sealed record StoredPending(string Id, DateTimeOffset Deadline, IReadOnlyList<StoredResource> Before, IReadOnlyList<string> Added);
