using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace NetControl.Server.Hosting;

/// <summary>The command line of netcontrold.</summary>
internal static class ServerCommand
{
    private const string Epilogue = """

        Examples:
          netcontrold                                  listen on the defaults and wait for an orchestrator
          netcontrold --config /etc/netcontrol.yaml    apply a file at start
          netcontrold --config net.yaml --check        say what is wrong with a file, and end
          netcontrold --log-format json --log-level Debug
          netcontrold setup --config net.yaml --user 20035   prepare, as root, what netcontrold then uses as user 20035 without capabilities
          netcontrold token ci operator --expires 720h make a bearer token, and its line for listen.tokenFile

        The file is netcontrol.v1.Configuration written as YAML:
          listen:
            grpc: ["http://127.0.0.1:50051", "unix:/run/netcontrol/netcontrol.sock"]
            http: "http://127.0.0.1:9464"              # /metrics /healthz /readyz; off is none
          devices:
            - name: devices/tun0                       # interface tun0
              mtu: 1500
              addresses: ["10.77.0.1/24", "fd77::1/64"]
              routes: ["198.18.0.0/15", "fd99::/64"]   # sent into the device
              streamDialer: delegates/egress           # TCP
              packetProxy: delegates/egress            # UDP
          delegates:
            - name: delegates/egress
              proxy: proxies/upstream
          proxies:
            - name: proxies/upstream
              config: "socks5://10.99.0.2:1080"        # "" is direct
              udpIdleTimeout: "30s"
          limits:
            maxSessions: 262144                        # of all devices together

        Once every declared device passes traffic and the listeners are up, one line "ready: ..." goes to standard output.
        With --state, what was done over gRPC outlives the process, also a kill at any moment. With both, the state file comes first and the
        configuration file is applied to it: what the file declared once and no longer does is removed, what gRPC made stays. SIGHUP reads
        the file again, and changes what has changed; a file with a fault changes nothing.
        What a killed netcontrold left in the kernel (rules, routes and addresses marked "proto 78") is taken over or removed at the start.
        Logs go to standard error. SIGTERM and SIGINT end the process in good order, after --drain-timeout at the latest if sessions live; a
        second one ends it at once. SIGUSR1 opens the audit
        log anew. Certificates and tokens are read again when their files change.

        Exit codes:
            0  ended in good order, or --check found nothing wrong
            1  a listener could not be bound (port or socket in use, no permission)
            2  wrong command line
            3  the configuration is not valid; every fault is listed
            4  CAP_NET_ADMIN is missing
            5  /dev/net/tun does not exist or may not be opened
            6  the kernel refused an interface, address, route or rule
            7  the state file cannot be used: no permission, in use, broken, or of a newer version
           70  a fault of ours
          130  ended at once by a second signal
        """;

    public static RootCommand Create(Func<ServerOptions, Task<int>> run)
    {
        Option<string?> config = new("--config", "-c") { Description = "Apply this YAML file at start.", HelpName = "FILE" };
        Option<bool> check = new("--check") { Description = "Check the configuration and end." };
        Option<string?> state = new("--state")
        {
            Description = "Where desired state is kept, an SQLite file; \"\" is memory. Default: memory with --config, else "
                + StateFile.DefaultPath + ".",
            HelpName = "FILE",
        };
        Option<int> loops = new("--loops")
        {
            Description = "Event loops, each a thread; 0 is one for each CPU that the process may use.",
            HelpName = "N"
        };
        Option<string?> tun = new("--tun") { Description = "The node of the TUN driver; default /dev/net/tun.", HelpName = "PATH" };
        Option<string> ipv6 = Ipv6Option.Create();
        Option<string?> drain = new("--drain-timeout")
        {
            Description = "On SIGTERM, refuse new sessions and let the others go on for up to this long; default 0s ends them at once.",
            HelpName = "30s",
        };
        drain.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && DrainTimeout.Parse(result.Tokens[0].Value) is null)
            {
                result.AddError($"--drain-timeout: \"{result.Tokens[0].Value}\" is not a time; write e.g. 500ms, 30s or 5m");
            }
        });
        Option<LogLevel> logLevel = new("--log-level")
        {
            Description = "The least level that is logged.",
            DefaultValueFactory = _ =>
            LogLevel.Information
        };
        Option<string> logFormat = new("--log-format") { Description = "How log lines look.", DefaultValueFactory = _ => "text" };
        logFormat.AcceptOnlyFromAmong("text", "json");
        Option<string?> auditLog = new("--audit-log")
        {
            Description = "Append a line of JSON for each call that changes something, or tried to; instead of audit.file.",
            HelpName = "FILE",
        };
        Option<string> hardening = new("--hardening")
        {
            Description = "Whether to give up all capabilities but CAP_NET_ADMIN, new privileges and core dumps.",
            DefaultValueFactory = _ => "on",
        };
        hardening.AcceptOnlyFromAmong("on", "off");
        loops.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out int n) || n is < 0 or > 256))
            {
                result.AddError($"--loops: \"{result.Tokens[0].Value}\" is not a number from 0 to 256; write e.g. --loops 2");
            }
        });
        RootCommand root = new("netcontrold: turns a TUN device into controlled egress, driven over gRPC.") { config, state, check,
            loops, logLevel, logFormat, auditLog, hardening, tun, ipv6, drain, TokenCommand.Create(),
            SetupCommand.Create(), ReleaseCommand.Create() };
        root.SetAction((parsed, _) => run(new ServerOptions
        {
            ConfigFile = parsed.GetValue(config),
            StateFile = parsed.GetValue(state),
            CheckOnly = parsed.GetValue(check),
            Loops = parsed.GetValue(loops),
            LogLevel = parsed.GetValue(logLevel),
            AuditLog = parsed.GetValue(auditLog),
            Hardening = parsed.GetValue(hardening) != "off",
            TunPath = parsed.GetValue(tun),
            Ipv6 = Ipv6Option.Read(parsed.GetValue(ipv6)),
            DrainTimeout = DrainTimeout.Parse(parsed.GetValue(drain) ?? "0s")!.Value,
            JsonLogs = parsed.GetValue(logFormat) == "json",
        }));
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithEpilogue((HelpAction)help.Action!);
        return root;
    }

    private sealed class HelpWithEpilogue : SynchronousCommandLineAction
    {
        private readonly HelpAction _inner;

        public HelpWithEpilogue(HelpAction inner)
        {
            _inner = inner;
        }

        public override int Invoke(ParseResult parseResult)
        {
            int result = _inner.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(Epilogue);
            return result;
        }
    }
}
