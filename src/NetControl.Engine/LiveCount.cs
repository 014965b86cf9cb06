namespace NetControl.Engine;

/// <summary>How many live sessions there are of some kind, counted by all loops and read by anybody.</summary>
/// <remarks>A count that only grows at a birth and shrinks at an end costs loops little; asking them all would stop each of them.</remarks>
internal sealed class LiveCount
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public void Enter() => Interlocked.Increment(ref _value);

    public void Leave() => Interlocked.Decrement(ref _value);
}
