using System.Runtime.InteropServices;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The salts of the last minute or two: one that comes again is a replay. Any thread.</summary>
/// <remarks>Exact, as SIP022 demands. Two sets that take turns: the older is forgotten as a whole once it is a minute old.</remarks>
internal sealed class SaltHistory(TimeProvider time)
{
    /// <summary>How long a salt is remembered at least.</summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private HashSet<(UInt128, UInt128)> _recent = [];
    private HashSet<(UInt128, UInt128)> _older = [];
    private long _began = time.GetTimestamp();

    /// <summary>Remembers a salt, or says that it was there before.</summary>
    public bool TryAdd(ReadOnlySpan<byte> salt)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        salt.CopyTo(bytes);
        (UInt128, UInt128) key = (MemoryMarshal.Read<UInt128>(bytes), MemoryMarshal.Read<UInt128>(bytes[16..]));
        lock (_gate)
        {
            TimeSpan age = time.GetElapsedTime(_began);
            if (age >= Memory)
            {
                (_recent, _older) = (_older, _recent);
                _recent.Clear();
                _began = time.GetTimestamp();
                if (age >= 2 * Memory)
                {
                    _older.Clear();
                }
            }

            return !_older.Contains(key) && _recent.Add(key);
        }
    }
}
