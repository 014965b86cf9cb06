using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>Reads an ICMP error's type and code (RFC 792, RFC 1122 3.2.2.1, RFC 4443 3.1).</summary>
internal static class IcmpReason
{
    /// <summary>What it says, or null if it is not about reachability (packet too big, time exceeded, parameter problem).</summary>
    public static UnreachableReason? Of(in ExtendedError error)
    {
        if (error.Origin == ExtendedError.OriginIcmp)
        {
            return (error.Type, error.Code) switch
            {
                (3, 0 or 6 or 11) => UnreachableReason.Network,
                (3, 1 or 7 or 12) => UnreachableReason.Host,
                (3, 2 or 3) => UnreachableReason.Port,
                (3, 9 or 10 or 13) => UnreachableReason.Prohibited,
                _ => null,
            };
        }

        return (error.Type, error.Code) switch
        {
            (1, 0) => UnreachableReason.Network,
            (1, 1 or 5 or 6) => UnreachableReason.Prohibited,
            (1, 3) => UnreachableReason.Host,
            (1, 4) => UnreachableReason.Port,
            _ => null,
        };
    }
}
