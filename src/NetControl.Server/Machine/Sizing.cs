using NetControl.Engine;

namespace NetControl.Server.Machine;

/// <summary>What the engine may take where nobody said: its own defaults, or less where the cgroup grants less.</summary>
/// <remarks>Processors are the runtime's business: it counts those that the cgroup grants, rounded up, and the engine makes a loop for each.</remarks>
internal static class Sizing
{
    private const long SessionBytes = 8 << 10; // an idle session with its sockets' share, with room to spare
    private const int FewestSessions = 4096;
    private const long LeastBytes = 1 << 20;
    private static readonly Lazy<EngineOptions> s_here = new(() => For(CgroupMemory.Limit("/")));

    /// <summary>For this process.</summary>
    public static EngineOptions Here => s_here.Value;

    /// <summary>For so much memory; null is without a limit.</summary>
    public static EngineOptions For(long? memory)
    {
        EngineOptions usual = new();
        return memory is not { } bytes ? usual : usual with
        {
            MaxSessions = (int)Math.Clamp(bytes / SessionBytes, FewestSessions, usual.MaxSessions),
            MaxHalfOpen = (int)Math.Clamp(bytes / SessionBytes / 4, FewestSessions / 4, usual.MaxHalfOpen),
            BufferBudgetBytes = Math.Clamp(bytes / 2, LeastBytes, usual.BufferBudgetBytes),
            ReassemblyBudgetBytes = Math.Clamp(bytes / 16, LeastBytes, usual.ReassemblyBudgetBytes),
        };
    }
}
