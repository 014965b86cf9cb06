namespace NetControl.ControlPlane.Registry;

/// <summary>A page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextPageToken">Where the next page begins; empty on the last one.</param>
/// <param name="TotalSize">How many items all pages have together, at this moment.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string NextPageToken, int TotalSize);
