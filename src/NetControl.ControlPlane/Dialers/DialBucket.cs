using NetControl.Network;

namespace NetControl.ControlPlane.Dialers;

/// <summary>One bucket of a histogram of dials.</summary>
/// <param name="Stage">What was measured.</param>
/// <param name="Failure">How it failed; null for those that succeeded.</param>
/// <param name="Bucket">Which bucket, from 0.</param>
/// <param name="Count">How many fell into it.</param>
/// <param name="Total">How long they took together.</param>
public readonly record struct DialBucket(DialStage Stage, DialFailure? Failure, int Bucket, long Count, TimeSpan Total);
