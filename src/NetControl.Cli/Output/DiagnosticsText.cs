using System.Globalization;
using System.Text;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Output;

/// <summary>Diagnoses and probes, for people.</summary>
internal static class DiagnosticsText
{
    public static string Of(DiagnoseRoutingResponse response)
    {
        string looked = $"{response.Checks} checks of {(response.Devices.Count == 0 ? "no device" : string.Join(", ", response.Devices))}";
        if (response.Findings.Count == 0)
        {
            return $"{looked}: nothing is wrong\n";
        }

        StringBuilder text = new();
        foreach (Finding finding in response.Findings)
        {
            text.Append(finding.Severity == Finding.Types.Severity.Error ? "error   " : "warning ")
                .Append(finding.Code).Append("  ").Append(finding.Subject)
                .Append(finding.Device.Length == 0 || finding.Device == finding.Subject ? "" : $"  ({finding.Device})").Append('\n')
                .Append("        ").Append(finding.Message).Append('\n')
                .Append("  fix:  ").Append(finding.Fix).Append('\n');
        }

        return text.Append(looked).Append(": ").Append(response.Findings.Count).Append(" findings\n").ToString();
    }

    public static string Of(ProbeProxyResponse response)
    {
        Table table = new("TARGET", "TRANSPORT", "RESULT", "STAGES", "ERROR");
        foreach (ProbeResult result in response.Results)
        {
            table.Add(
                result.Target,
                result.Transport == ProbeResult.Types.Transport.Tcp ? "tcp" : "udp",
                result.Ok ? "ok" : $"{result.Error.Op} failed",
                string.Join(' ', result.Stages.Select(stage => $"{stage.Name}={Milliseconds(stage.Duration.ToTimeSpan())}ms")),
                result.Ok ? "" : $"{result.Error.PosixError} {result.Error.Message}".Trim());
        }

        string config = response.Config.Length == 0 ? "direct" : response.Config;
        return $"{(response.Proxy.Length == 0 ? config : $"{response.Proxy} ({config})")}\n{table}";
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
}
