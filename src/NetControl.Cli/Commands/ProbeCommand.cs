using System.CommandLine;
using NetControl.Cli.Input;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.DiagnosticsService.DiagnosticsServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl probe: whether a proxy works, and how far it comes.</summary>
internal static class ProbeCommand
{
    public static Command Create()
    {
        Argument<string> proxy = new("proxy")
        {
            Description = "The proxy; or --config, or --hops.",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        ConfigOption config = new("A chain that is not configured, e.g. socks5://host:1080; empty is direct.");
        Option<string?> hops = HopsFile.Option();
        Option<string[]> tcp = Targets("--tcp", "A stream's destination, host:port; may be repeated.");
        Option<string[]> udp = Targets("--udp", "A DNS server, address:port; may be repeated. Default 1.1.1.1:53 for both.");
        Option<string> name = new("--query-name") { Description = "The name that DNS queries ask for.", DefaultValueFactory = _ => "" };
        Option<string?> timeout = Common.Duration("--timeout", "How long each target may take; default 5s.");
        hops.ExcludesWhere(result => result.GetResult(proxy) is { Implicit: false } || config.IsGiven(result), "proxy or --config");
        return config.AddTo(new Command("probe", "Try a proxy out, stage by stage.") { proxy, hops, tcp, udp, name, timeout }).Does(async (p, c) =>
        {
            ProbeProxyRequest request = new()
            {
                TcpTargets = { p.GetValue(tcp) ?? [] },
                UdpTargets = { p.GetValue(udp) ?? [] },
                QueryName = p.GetValue(name) ?? "",
                Timeout = Common.ParseDuration(p.GetValue(timeout)),
            };
            if (p.GetValue(hops) is { } file)
            {
                request.Hops.Add(await HopsFile.ReadAsync(file, c.Cancellation));
            }
            else if (await config.ReadAsync(p, c.Cancellation) is { } text)
            {
                request.Config = text;
            }
            else
            {
                request.Proxy = Common.Qualify("proxies", p.GetValue(proxy) ?? "");
            }

            ProbeProxyResponse response = await new Client(c.Invoker).ProbeProxyAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => DiagnosticsText.Of(response));
        });
    }

    private static Option<string[]> Targets(string name, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => [] };
}
