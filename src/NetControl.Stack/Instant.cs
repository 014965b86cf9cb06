namespace NetControl.Stack;

/// <summary>A moment on a monotonic clock, in microseconds since an arbitrary start. The stack never reads a clock: it is told.</summary>
/// <param name="Micros">Microseconds since the clock's start.</param>
public readonly record struct Instant(long Micros) : IComparable<Instant>
{
    /// <summary>A moment that never comes: "no deadline".</summary>
    public static Instant Never => new(long.MaxValue);

    /// <summary>Milliseconds since the clock's start.</summary>
    public long Millis => Micros / 1000;

    /// <summary>A moment later by so many microseconds; <see cref="Never"/> stays never.</summary>
    public static Instant operator +(Instant at, long micros) => at.Micros == long.MaxValue ? at : new Instant(at.Micros + micros);

    /// <summary>The microseconds between two moments.</summary>
    public static long operator -(Instant later, Instant earlier) => later.Micros - earlier.Micros;

    /// <summary>Whether this moment is earlier.</summary>
    public static bool operator <(Instant left, Instant right) => left.Micros < right.Micros;

    /// <summary>Whether this moment is later.</summary>
    public static bool operator >(Instant left, Instant right) => left.Micros > right.Micros;

    /// <summary>Whether this moment is earlier or the same.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Micros <= right.Micros;

    /// <summary>Whether this moment is later or the same.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Micros >= right.Micros;

    /// <summary>The earlier of two moments.</summary>
    public static Instant Min(Instant a, Instant b) => a < b ? a : b;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Micros.CompareTo(other.Micros);
}
