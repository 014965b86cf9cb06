using System.Buffers.Binary;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The time that every message of the 2022 edition carries: seconds since 1970, and no more than half a minute off.</summary>
internal static class MessageTime
{
    /// <summary>The bytes of a time.</summary>
    public const int Length = 8;

    private const long Tolerance = 30;

    /// <summary>Writes the present.</summary>
    public static void Write(Span<byte> to, TimeProvider time) => BinaryPrimitives.WriteInt64BigEndian(to, Now(time));

    /// <summary>Whether a time is near enough to the present.</summary>
    public static bool IsFresh(ReadOnlySpan<byte> from, TimeProvider time)
    {
        // Unsigned: a time from beyond any calendar must not wrap around into the present.
        ulong written = BinaryPrimitives.ReadUInt64BigEndian(from);
        ulong now = (ulong)Now(time);
        return (written > now ? written - now : now - written) <= Tolerance;
    }

    private static long Now(TimeProvider time) => time.GetUtcNow().ToUnixTimeSeconds();
}
