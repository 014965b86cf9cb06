using NetControl.ControlPlane.Specs;
using NetControl.Server.Machine;

namespace NetControl.Server.Configuration;

/// <summary>Whether a network namespace has IPv6 at all, and what is left of a configuration where it has none.</summary>
/// <remarks>One file is for pods of either kind. Nothing leaks by it: where no interface has an IPv6 address and none will get one, there is no
/// IPv6 traffic to keep.</remarks>
internal static class Ipv6Presence
{
    /// <summary>Whether new interfaces get no IPv6, and none but the loopback has an address.</summary>
    /// <param name="root">Where the file system begins: <c>/</c>, or a test's folder.</param>
    public static bool IsOff(string root)
    {
        string[] addresses = KernelFile.Lines(Path.Combine(root, "proc/net/if_inet6"));
        bool others = addresses.Any(line => line.Length > 0 && !line.EndsWith(" lo", StringComparison.Ordinal));
        return !others && KernelFile.Lines(Path.Combine(root, "proc/sys/net/ipv6/conf/default/disable_ipv6")).FirstOrDefault("1").Trim() == "1";
    }

    /// <summary>The configuration without IPv6 addresses and routes of devices.</summary>
    public static DesiredState Without(DesiredState desired) => desired with
    {
        Devices =
        [
            .. desired.Devices.Select(device => device with
            {
                Addresses = V4(device.Addresses),
                Routes = V4(device.Routes),
                ExcludedRoutes = V4(device.ExcludedRoutes),
            }),
        ],
    };

    private static string[] V4(IReadOnlyList<string> prefixes) => [.. prefixes.Where(prefix => !prefix.Contains(':', StringComparison.Ordinal))];
}
