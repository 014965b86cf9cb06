namespace NetControl.Engine.Policies;

/// <summary>How often a rule decided. Any thread may add and read.</summary>
public sealed class PolicyHits
{
    private long _count;

    /// <summary>The count.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Counts one more.</summary>
    public void Add() => Interlocked.Increment(ref _count);
}
