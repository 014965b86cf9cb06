using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Diagnosis;

/// <summary>Looks whether the kernel's reverse-path filter would drop an upstream's answers.</summary>
/// <remarks>
/// An answer carries no mark, so the way back that the filter computes is an application's: into the device. In strict mode (RFC 3704) an
/// answer that comes in by another interface than that is dropped without a word. There is no such filter for IPv6.
/// </remarks>
internal static class ReversePathCheck
{
    private const int Strict = 1;

    /// <summary>Notes what is wrong with the way to and from an address.</summary>
    public static void Run(DiagnosisNotes notes, IpAddr upstream, string what, string device)
    {
        if (!upstream.IsV4 || notes.LookUpOurs(upstream) is not { Type: Rtnl.RTN_UNICAST } there)
        {
            return;
        }

        string name = notes.NameOf(there.InterfaceIndex);
        int all = DiagnosisNotes.ReadSetting("net/ipv4/conf/all/rp_filter") ?? 0;
        int own = DiagnosisNotes.ReadSetting($"net/ipv4/conf/{name}/rp_filter") ?? 0;
        bool strict = Math.Max(all, own) == Strict;
        if (!notes.Check(strict && notes.LookUpOthers(upstream)?.InterfaceIndex != there.InterfaceIndex)
            || notes.Findings.Exists(finding => finding.Code == FindingCode.RpFilterStrict && finding.Subject == name))
        {
            return;
        }

        notes.Add(
            FindingSeverity.Error, FindingCode.RpFilterStrict, name,
            $"{what} arrive on {name}, whose reverse-path filter is strict, while unmarked packets to there go elsewhere: the kernel drops them",
            $"sysctl -w net.ipv4.conf.{name}.rp_filter=2", device);
    }
}
