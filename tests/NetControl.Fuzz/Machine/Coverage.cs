using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace NetControl.Fuzz.Machine;

/// <summary>Which branches an input took, and about how often: what the instrumentation writes into its map.</summary>
/// <remarks>
/// The assemblies are rewritten by SharpFuzz so that every branch counts in a map at (this place xor the place before), as AFL's do. Counts
/// are compared in classes of powers of two, so that one more turn of a loop is no news, but twice as many are.
/// </remarks>
internal static unsafe class Coverage
{
    /// <summary>Set in the process whose assemblies are instrumented.</summary>
    public const string Variable = "NETCONTROL_FUZZ_INSTRUMENTED";

    private const int MapSize = 1 << 16;
    private static readonly byte* s_map = (byte*)NativeMemory.AllocZeroed(MapSize);
    private static readonly byte[] s_seen = new byte[MapSize];

    /// <summary>Whether this process runs instrumented code.</summary>
    public static bool IsPresent => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <summary>How many places of the map some input has reached.</summary>
    public static int Reached { get; private set; }

    /// <summary>Gives the instrumented code its map. Before any of it runs.</summary>
    public static void Attach() => Trace.SharedMem = s_map;

    /// <summary>Forgets what earlier targets reached.</summary>
    public static void Reset()
    {
        Array.Clear(s_seen);
        Reached = 0;
    }

    /// <summary>Begins an input.</summary>
    public static void Begin()
    {
        new Span<byte>(s_map, MapSize).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Ends an input. Returns whether it did something that none did before.</summary>
    public static bool IsNews()
    {
        bool news = false;
        ReadOnlySpan<ulong> words = new(s_map, MapSize / sizeof(ulong));
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == 0)
            {
                continue;
            }

            for (int at = i * sizeof(ulong); at < (i + 1) * sizeof(ulong); at++)
            {
                byte classes = (byte)(s_map[at] == 0 ? 0 : 1 << BitOperations.Log2(s_map[at]));
                if ((classes & ~s_seen[at]) != 0)
                {
                    Reached += s_seen[at] == 0 ? 1 : 0;
                    s_seen[at] |= classes;
                    news = true;
                }
            }
        }

        return news;
    }
}
