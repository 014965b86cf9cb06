namespace NetControl.Transport.Measures;

/// <summary>One bucket of a <see cref="DurationHistogram"/>.</summary>
/// <param name="Row">Which row.</param>
/// <param name="Bucket">Which bucket, from 0.</param>
/// <param name="Count">How many fell into it.</param>
/// <param name="Total">How long they took together.</param>
public readonly record struct DurationBucket(int Row, int Bucket, long Count, TimeSpan Total);
