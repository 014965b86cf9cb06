namespace NetControl.Stack.Tcp;

/// <summary>A TCP sequence number: 32 bits with wrap-around comparison (RFC 9293 section 3.4).</summary>
/// <param name="Value">The number as it stands in the header.</param>
public readonly record struct SequenceNumber(uint Value)
{
    /// <summary>The number so many bytes later, wrapping.</summary>
    public static SequenceNumber operator +(SequenceNumber a, int bytes) => new(a.Value + (uint)bytes);

    /// <summary>The number so many bytes later, wrapping.</summary>
    public static SequenceNumber operator +(SequenceNumber a, uint bytes) => new(a.Value + bytes);

    /// <summary>The distance from <paramref name="b"/> to <paramref name="a"/>, negative when a comes before b.</summary>
    public static int operator -(SequenceNumber a, SequenceNumber b) => (int)(a.Value - b.Value);

    /// <summary>Whether a comes before b.</summary>
    public static bool operator <(SequenceNumber a, SequenceNumber b) => a - b < 0;

    /// <summary>Whether a comes after b.</summary>
    public static bool operator >(SequenceNumber a, SequenceNumber b) => a - b > 0;

    /// <summary>Whether a comes before b or equals it.</summary>
    public static bool operator <=(SequenceNumber a, SequenceNumber b) => a - b <= 0;

    /// <summary>Whether a comes after b or equals it.</summary>
    public static bool operator >=(SequenceNumber a, SequenceNumber b) => a - b >= 0;

    /// <summary>The later of two.</summary>
    public static SequenceNumber Max(SequenceNumber a, SequenceNumber b) => a > b ? a : b;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
