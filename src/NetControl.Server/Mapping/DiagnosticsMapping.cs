using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Probes;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Diagnosis;
using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;
using NetControl.Transport.Probes;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Diagnoses and probes between messages and the control plane's words.</summary>
internal static class DiagnosticsMapping
{
    private const int MostTargets = 16;
    private const string DefaultTarget = "1.1.1.1:53";
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    public static V1.DiagnoseRoutingResponse ToMessage(this DiagnosisReport report) => new()
    {
        Findings = { report.Findings.Select(ToMessage) },
        Devices = { report.Devices },
        Checks = report.Checks,
    };

    public static V1.ProbeProxyResponse ToMessage(this ProbeReport report) => new()
    {
        Proxy = report.Proxy,
        Config = report.Chain.Redacted,
        Results = { report.Results.Select(ToMessage) },
        Hops = { report.Chain.ToRedactedMessages() },
    };

    /// <summary>What was asked for, or every violation at once.</summary>
    public static (string? Proxy, Chain? Chain, ProbeRequest Probe) ToProbe(this V1.ProbeProxyRequest request)
    {
        ViolationList violations = new();
        Chain? chain = ToChain(request, violations);
        ProbeRequest defaults = new();
        List<HostPort> tcp = ToTargets("tcp_targets", request.TcpTargets, names: true, violations);
        List<HostPort> udp = ToTargets("udp_targets", request.UdpTargets, names: false, violations);

        if (request.QueryName.Length > 0 && !DnsName.TryParseHost(request.QueryName, out _))
        {
            violations.Add("query_name", request.QueryName, "is not a host name", "write e.g. www.example.com");
        }

        TimeSpan timeout = request.Timeout.ToTimeSpanOrNull("timeout") ?? defaults.Timeout;
        if (timeout < s_shortest || timeout > s_longest)
        {
            violations.AddOutOfRange("timeout", timeout, "write 0.1s to 60s");
        }

        violations.ThrowIfAny(request.Proxy);
        bool none = tcp.Count + udp.Count == 0;
        return (chain is null ? request.Proxy : null, chain, new ProbeRequest
        {
            TcpTargets = none ? [HostPort.Parse(DefaultTarget)] : tcp,
            UdpTargets = none ? [AddrPort.Parse(DefaultTarget)] : [.. udp.Select(target => target.Address)],
            QueryName = request.QueryName.Length > 0 ? request.QueryName : defaults.QueryName,
            Timeout = timeout,
        });
    }

    private static Chain? ToChain(V1.ProbeProxyRequest request, ViolationList violations)
    {
        if (request.Hops.Count > 0)
        {
            if (request.SubjectCase != V1.ProbeProxyRequest.SubjectOneofCase.None)
            {
                violations.AddText("hops", $"cannot be had together with {Words.Snake(request.SubjectCase.ToString())}; leave one out", "CONFLICT");
            }

            return HopMapping.ReadForUse(request.Hops, HopFields.Probe, violations);
        }

        switch (request.SubjectCase)
        {
            case V1.ProbeProxyRequest.SubjectOneofCase.Config:
                if (!HopRegistry.Standard.TryParse(request.Config, out Chain? chain, out ChainError? error))
                {
                    // The text may hold a password: the violation quotes only what the parser vouched for.
                    violations.AddText("config", error.ToString(), "INVALID_PROXY_CONFIG");
                }
                else if (chain.FindFault() is { } fault)
                {
                    violations.AddText("config", fault, "INVALID_PROXY_CONFIG");
                }

                return chain;
            case V1.ProbeProxyRequest.SubjectOneofCase.Proxy:
                if (!ResourceName.Is(request.Proxy, ResourceName.Proxies))
                {
                    violations.Add("proxy", request.Proxy, "is not a proxy's name", "write proxies/{proxy}", "INVALID_NAME");
                }

                return null;
            default:
                violations.AddText("proxy", "nothing to probe; write one of proxy, config and hops");
                return null;
        }
    }

    private static List<HostPort> ToTargets(string field, IReadOnlyList<string> texts, bool names, ViolationList violations)
    {
        List<HostPort> targets = [];
        if (texts.Count > MostTargets)
        {
            violations.Add(field, $"{texts.Count}", "targets are too many", $"write at most {MostTargets}", "OUT_OF_RANGE");
        }

        for (int i = 0; i < texts.Count; i++)
        {
            if (HostPort.TryParse(texts[i], out HostPort target) && target.Port != 0 && (names || target.IsAddress))
            {
                targets.Add(target);
            }
            else
            {
                violations.Add($"{field}[{i}]", texts[i], names ? "is not host:port" : "is not address:port",
                    $"write e.g. 1.1.1.1:53{(names ? ", example.com:80" : "")} or [2606:4700:4700::1111]:53");
            }
        }

        return targets;
    }

    private static V1.Finding ToMessage(Finding finding) => new()
    {
        Severity = finding.Severity == FindingSeverity.Error ? V1.Finding.Types.Severity.Error : V1.Finding.Types.Severity.Warning,
        Code = Words.UpperSnake(finding.Code.ToString()),
        Subject = finding.Subject,
        Message = finding.Message,
        Fix = finding.Fix,
        Device = finding.Device,
    };

    private static V1.ProbeResult ToMessage(ProbeResult result) => new()
    {
        Target = result.Target,
        Transport = result.IsTcp ? V1.ProbeResult.Types.Transport.Tcp : V1.ProbeResult.Types.Transport.Udp,
        Ok = result.Error is null,
        Stages = { result.Stages.Select(stage => new V1.ProbeStage { Name = stage.Name, Duration = stage.Duration.ToDuration() }) },
        Error = result.Error is { } error
            ? new V1.ProbeError { Op = error.Op, PosixError = error.PosixError, Message = error.Message }
            : null,
        StartTime = result.StartTime.ToTimestamp(),
        Duration = result.Duration.ToDuration(),
    };
}
