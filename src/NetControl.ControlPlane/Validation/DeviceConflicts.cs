using NetControl.ControlPlane.Specs;
using NetControl.Network;

namespace NetControl.ControlPlane.Validation;

/// <summary>What two devices may not share: an interface, overlapping addresses, the same route.</summary>
internal static class DeviceConflicts
{
    /// <summary>Checks a device against another one that exists, or that the same document declares.</summary>
    public static void Check(TunSpec spec, TunSpec other, string prefix, ViolationList violations)
    {
        if (spec.Interface.Length > 0 && string.Equals(spec.Interface, other.Interface, StringComparison.Ordinal))
        {
            violations.Add(prefix + "interface", spec.Interface, $"is the interface of {other.Name}", "write another one", "CONFLICT");
        }

        for (int i = 0; i < spec.Addresses.Count; i++)
        {
            IpPrefix mine = spec.Addresses[i];
            foreach (IpPrefix theirs in other.Addresses)
            {
                if (Overlap(mine, theirs))
                {
                    violations.Add($"{prefix}addresses[{i}]", $"{mine}", $"overlaps {theirs} of {other.Name}",
                        "write an address of another network", "CONFLICT");
                }
            }
        }

        for (int i = 0; i < spec.Routes.Count; i++)
        {
            if (other.Routes.Contains(spec.Routes[i]))
            {
                violations.Add($"{prefix}routes[{i}]", $"{spec.Routes[i]}", $"is routed into {other.Name} already",
                    "leave it out of one of the two", "CONFLICT");
            }
        }
    }

    private static bool Overlap(IpPrefix a, IpPrefix b) => a.Contains(b.Address) || b.Contains(a.Address);
}
