using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Configuration;

/// <summary>Checks what the process may take, and fills in the defaults.</summary>
internal static class ProcessLimitsValidator
{
    private const ulong MostSessions = 10_000_000;
    private const ulong LeastBytes = 1 << 20; // the largest datagram several times over, and some connections
    private const ulong MostBytes = 1UL << 40;
    private const ulong LeastSessionBytes = 64 << 10; // a window without scaling
    private const ulong MostSessionBytes = 1 << 30; // RFC 7323 section 2.3: the largest window

    /// <summary>The engine's options with these limits, and the usual ones where nothing was said. Fields are named as a file spells them.</summary>
    public static EngineOptions Validate(V1.ProcessLimits limits, EngineOptions usual, ViolationList violations)
    {
        return usual with
        {
            MaxSessions = (int)Pick(limits.MaxSessions, 1, MostSessions, "maxSessions", (ulong)usual.MaxSessions),
            MaxHalfOpen = (int)Pick(limits.MaxHalfOpen, 1, MostSessions, "maxHalfOpen", (ulong)usual.MaxHalfOpen),
            BufferBudgetBytes = (long)Pick(limits.MaxBufferBytes, LeastBytes, MostBytes, "maxBufferBytes", (ulong)usual.BufferBudgetBytes),
            ReassemblyBudgetBytes =
                (long)Pick(limits.MaxReassemblyBytes, LeastBytes, MostBytes, "maxReassemblyBytes", (ulong)usual.ReassemblyBudgetBytes),
            SessionBufferBytes = (int)Pick(
                limits.MaxSessionBufferBytes, LeastSessionBytes, MostSessionBytes, "maxSessionBufferBytes",
                (ulong)usual.SessionBufferBytes),
        };

        ulong Pick(ulong value, ulong least, ulong most, string field, ulong otherwise)
        {
            if (value == 0)
            {
                return otherwise;
            }

            if (value >= least && value <= most)
            {
                return value;
            }

            violations.AddOutOfRange("limits." + field, $"{value}", $"write {least} to {most}, e.g. {otherwise}, or leave it out");
            return otherwise;
        }
    }
}
