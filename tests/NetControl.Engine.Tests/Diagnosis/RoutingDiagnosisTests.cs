using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Diagnosis;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Diagnosis;

/// <summary>Each thing that can be wrong, broken in a namespace; and a set-up without a fault.</summary>
public sealed class RoutingDiagnosisTests
{
    [Theory]
    [InlineData("198.18.0.0/15", "fd98::/64")]
    [InlineData("0.0.0.0/0", "::/0")]
    [InlineData("0.0.0.0/0", "::/0", "198.18.0.0/15", "203.0.113.7/32")]
    [InlineData]
    public async Task SoundSetUp_HasNoFindings(params string[] routes)
    {
        await using DiagnosisRig rig = new(NullLogger.Instance, routes);
        DiagnosisReport report = rig.Diagnose();
        Assert.Empty(report.Findings);
        Assert.Equal(["devices/tun0"], report.Devices);
        Assert.InRange(report.Checks, 6, 100);
    }

    [Theory]
    [InlineData("ip link set tun0 mtu 1400", FindingCode.MtuMismatch, "tun0")]
    [InlineData("ip addr del 10.77.0.1/24 dev tun0", FindingCode.AddressMissing, "10.77.0.1/24")]
    [InlineData("ip route del 198.18.0.0/15 table 20035", FindingCode.RouteMissing, "198.18.0.0/15")]
    [InlineData("ip -6 route del fd98::/64 table 20035", FindingCode.RouteMissing, "fd98::/64")]
    [InlineData("ip rule del priority 9000", FindingCode.RuleMissing, "-4 priority 9000 not fwmark 0x4e43 lookup 20035")]
    [InlineData("ip -6 rule del priority 9000", FindingCode.RuleMissing, "-6 priority 9000 not fwmark 0x4e43 lookup 20035")]
    [InlineData("ip rule add priority 8000 not fwmark 0x4e43 lookup 20035", FindingCode.RuleDuplicate, "-4 priority 8000 not fwmark 0x4e43 lookup 20035")]
    [InlineData("ip rule add priority 9500 fwmark 0x1 lookup 20035", FindingCode.RuleForeign, "-4 priority 9500 fwmark 0x1 lookup 20035")]
    [InlineData("ip rule add priority 9001 fwmark 0x1 lookup 77", FindingCode.RuleForeign, "-4 priority 9001 fwmark 0x1 lookup 77")]
    [InlineData("ip route add 203.0.113.0/24 dev v0 table 20035", FindingCode.TableConflict, "203.0.113.0/24 table 20035")]
    [InlineData("ip route add 198.18.0.0/16 dev tun0", FindingCode.UpstreamLoop, "198.18.0.0/15")]
    [InlineData("ip route add 10.99.0.2/32 dev tun0", FindingCode.ProxyLoop, "proxies/up")]
    [InlineData("sysctl -qw net.ipv4.conf.v0.rp_filter=1", FindingCode.RpFilterStrict, "v0")]
    [InlineData("sysctl -qw net.ipv4.conf.all.rp_filter=1", FindingCode.RpFilterStrict, "v0")]
    public async Task BrokenThing_IsFound_AndItsFixMendsIt(string breaking, FindingCode code, string subject)
    {
        await using DiagnosisRig rig = new(NullLogger.Instance, DiagnosisRig.SomeRoutes);
        rig.Shell(breaking);
        DiagnosisReport report = rig.Diagnose();
        Finding finding = Assert.Single(report.Findings, finding => finding.Code == code);
        Assert.Equal(subject, finding.Subject);
        if (code is FindingCode.UpstreamLoop or FindingCode.ProxyLoop)
        {
            // The fix leads our packets to the main table, which is where somebody put the route: it helps where an "ip rule" was the fault.
            return;
        }

        foreach (Finding each in report.Findings)
        {
            rig.Shell(each.Fix);
        }

        Assert.Empty(rig.Diagnose().Findings);
    }

    [Theory]
    [InlineData("ip link set tun0 down", FindingCode.InterfaceDown)]
    [InlineData("ip link del tun0", FindingCode.InterfaceMissing)]
    [InlineData("sysctl -qw net.ipv6.conf.tun0.disable_ipv6=1", FindingCode.Ipv6Disabled)]
    [InlineData("ip rule add priority 100 to 198.18.0.0/15 lookup main", FindingCode.RouteShadowed)]
    [InlineData("ip route add 198.18.0.0/23 dev v0 table 20035", FindingCode.RouteShadowed)]
    [InlineData("ip route add unreachable 10.99.0.2/32", FindingCode.ProxyUnroutable)]
    public async Task BrokenThing_IsFound(string breaking, FindingCode code)
    {
        await using DiagnosisRig rig = new(NullLogger.Instance, DiagnosisRig.SomeRoutes);
        rig.Shell(breaking);
        Assert.Contains(rig.Diagnose().Findings, finding => finding.Code == code && finding.Fix.Length > 0 && finding.Message.Length > 0);
    }

    [Fact]
    public async Task LoopByARule_IsFound_AndItsFixMendsIt()
    {
        await using DiagnosisRig rig = new(NullLogger.Instance, DiagnosisRig.SomeRoutes);
        rig.Shell("ip rule add priority 9900 lookup 20035");
        Finding loop = Assert.Single(rig.Diagnose().Findings, finding => finding.Code == FindingCode.UpstreamLoop);
        rig.Shell(loop.Fix);
        Assert.DoesNotContain(rig.Diagnose().Findings, finding => finding.Severity == FindingSeverity.Error);
    }

    [Fact]
    public async Task DefaultRouteOfOneFamily_LeavesTheOtherOut_IsAWarning()
    {
        await using DiagnosisRig rig = new(NullLogger.Instance, "0.0.0.0/0");
        Finding finding = Assert.Single(rig.Diagnose().Findings);
        Assert.Equal((FindingSeverity.Warning, FindingCode.Ipv6Bypass), (finding.Severity, finding.Code));
    }

    [Fact]
    public async Task MissingTunDriver_AndMissingCapability_AreFound()
    {
        await using DiagnosisRig rig = new(NullLogger.Instance, DiagnosisRig.SomeRoutes);
        Assert.Equal(FindingCode.TunDeviceMissing, Assert.Single(rig.Diagnose("/dev/net/nothing").Findings).Code);
        DiagnosisReport report = rig.Space.Run(() =>
        {
            ThreadCapabilities.Drop(ThreadCapabilities.NetAdmin);
            return rig.Engine.DiagnoseRouting(new DiagnosisRequest());
        });
        Assert.Equal([FindingCode.MissingCapability], report.Findings.Select(finding => finding.Code));
    }

    [Fact]
    public async Task NameWithoutAddress_IsAWarning()
    {
        await using DiagnosisRig rig = new(NullLogger.Instance);
        DiagnosisReport report = rig.Space.Run(() => rig.Engine.DiagnoseRouting(
            new DiagnosisRequest { Upstreams = [new UpstreamHost("proxies/x", "nowhere.example", [])] }));
        Assert.Equal([FindingCode.ProxyNotResolved], report.Findings.Select(finding => finding.Code));
    }
}
