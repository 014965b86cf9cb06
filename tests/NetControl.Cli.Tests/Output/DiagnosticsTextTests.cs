using Google.Protobuf.WellKnownTypes;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Tests.Output;

public sealed class DiagnosticsTextTests
{
    [Fact]
    public void NoFindings_SaysWhatWasLookedAt() => Assert.Equal(
        "12 checks of devices/tun0: nothing is wrong\n",
        DiagnosticsText.Of(new DiagnoseRoutingResponse { Checks = 12, Devices = { "devices/tun0" } }));

    [Fact]
    public void Finding_ShowsItsFix()
    {
        Finding finding = new()
        {
            Severity = Finding.Types.Severity.Error,
            Code = "RULE_MISSING",
            Subject = "-4 priority 9000",
            Message = "gone",
            Fix = "ip rule add",
            Device = "devices/tun0",
        };
        Assert.Equal(
            "error   RULE_MISSING  -4 priority 9000  (devices/tun0)\n        gone\n  fix:  ip rule add\n3 checks of no device: 1 findings\n",
            DiagnosticsText.Of(new DiagnoseRoutingResponse { Checks = 3, Findings = { finding } }));
    }

    [Fact]
    public void Probe_ShowsStagesAndErrors()
    {
        ProbeResult failed = new()
        {
            Target = "1.1.1.1:53",
            Transport = ProbeResult.Types.Transport.Udp,
            Stages = { new ProbeStage { Name = "connect", Duration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(12.34)) } },
            Error = new ProbeError { Op = "connect", PosixError = "ECONNREFUSED", Message = "no" },
        };
        string text = DiagnosticsText.Of(new ProbeProxyResponse { Proxy = "proxies/a", Config = "socks5://REDACTED@h:1", Results = { failed } });
        Assert.StartsWith("proxies/a (socks5://REDACTED@h:1)\n", text, StringComparison.Ordinal);
        Assert.EndsWith("1.1.1.1:53  udp        connect failed  connect=12.3ms  ECONNREFUSED no\n", text, StringComparison.Ordinal);
    }
}
