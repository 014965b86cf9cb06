using System.Globalization;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Diagnosis;

/// <summary>Looks at what no device can do without: the TUN driver's node, and the capability.</summary>
internal static class EnvironmentCheck
{
    private const int CapNetAdmin = 12;

    /// <summary>Notes what is wrong.</summary>
    public static void Run(DiagnosisNotes notes, string tunPath)
    {
        using SafeFd node = new(Libc.Open(tunPath, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC));
        if (notes.Check(node.IsInvalid))
        {
            AddTun(notes, tunPath, Libc.LastErrno);
        }

        if (notes.Check(!HasNetAdmin() && !IsPrepared(notes)))
        {
            notes.Add(
                FindingSeverity.Warning,
                FindingCode.MissingCapability,
                "CAP_NET_ADMIN",
                "the process lacks CAP_NET_ADMIN: it cannot make interfaces, addresses, routes or rules, nor mark its upstream sockets, so that "
                + "routes into a device must not cover the upstreams",
                $"setcap cap_net_admin+ep {Environment.ProcessPath ?? "netcontrold"}");
        }
    }

    private static void AddTun(DiagnosisNotes notes, string path, Errno errno)
    {
        bool missing = errno is Errno.ENOENT or Errno.ENODEV or Errno.ENXIO;
        notes.Add(
            FindingSeverity.Error,
            missing ? FindingCode.TunDeviceMissing : FindingCode.TunDeviceDenied,
            path,
            missing
                ? $"{path} is not there ({Libc.Describe(errno)}): no device can be made; in a container, hand it in (--device /dev/net/tun)"
                : $"{path} may not be opened ({Libc.Describe(errno)}): no device can be made; in a container, allow it (--device /dev/net/tun)",
            missing ? $"mkdir -p {Path.GetDirectoryName(path)} && mknod {path} c 10 200 && chmod 0666 {path}" : $"chmod 0666 {path}");
    }

    // What takes the capability has been done before, and what our user sends is led past the devices.
    private static bool IsPrepared(DiagnosisNotes notes)
    {
        uint user = Libc.GetEffectiveUser();
        return notes.Rules(v6: false).Concat(notes.Rules(v6: true)).Any(rule => rule.User == user && rule.Table == Rtnl.RT_TABLE_MAIN);
    }

    private static bool HasNetAdmin()
    {
        const string Label = "CapEff:";
        foreach (string line in File.ReadLines("/proc/thread-self/status"))
        {
            if (line.StartsWith(Label, StringComparison.Ordinal)
                && ulong.TryParse(line.AsSpan(Label.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong effective))
            {
                return (effective & (1UL << CapNetAdmin)) != 0;
            }
        }

        return true; // not told: nothing to find fault with
    }
}
