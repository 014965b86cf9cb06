namespace NetControl.Transport.Split;

/// <summary>So many pieces of so many bytes each.</summary>
/// <param name="Count">How many pieces; none if it is not positive.</param>
/// <param name="Length">The length of each; none if it is not positive.</param>
public readonly record struct StreamSplit(int Count, int Length);
