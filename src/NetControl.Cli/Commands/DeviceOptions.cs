using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using NetControl.Cli.Completion;
using NetControl.Protocol.V1;
using Option = System.CommandLine.Option;

namespace NetControl.Cli.Commands;

/// <summary>The options that say what a device is, for making and for changing one.</summary>
internal sealed class DeviceOptions
{
    /// <summary>The fields that can be changed.</summary>
    public static readonly string[] Fields =
    [
        "interface", "mtu", "addresses", "routes", "stream_dialer", "packet_proxy", "accept", "queues", "disable_offload", "udp_filtering",
        "limits", "congestion_control", "keep_alive", "policy", "kill_switch", "descriptor_socket",
        "excluded_routes",
    ];

    private readonly Option<string> _interface = new("--interface") { Description = "The interface's name; default is the id." };
    private readonly Option<uint> _mtu = new("--mtu") { Description = "1280 to 65535; default 1500." };
    private readonly Option<string[]> _addresses = new("--ip") { Description = "An address, 10.77.0.1/24; may be repeated." };
    private readonly Option<string[]> _routes = new("--route") { Description = "A destination, 198.18.0.0/15; may be repeated." };
    private readonly Option<string[]> _excluded = new("--exclude-route")
    {
        Description = "A destination within the routes that the machine's own routes serve, 10.96.0.0/12; may be repeated.",
    };

    private readonly Option<string> _streams = new("--stream-dialer") { Description = "delegates/x or proxies/x for TCP; \"\" rejects it." };
    private readonly Option<string> _packets = new("--packet-proxy") { Description = "delegates/x or proxies/x for UDP; \"\" rejects it." };
    private readonly Option<bool> _immediately = new("--accept-immediately") { Description = "Answer a SYN before the upstream dial is done." };
    private readonly Option<bool> _addressDependent = new("--udp-address-dependent")
    {
        Description = "Let UDP answers in only from addresses that were sent to; default is from anywhere.",
    };

    private readonly Option<string> _congestion = new("--congestion-control")
    {
        Description = "cubic or new-reno: how TCP sends to the application's side; default cubic.",
    };

    private readonly KeepAliveOptions _keepAlive = new();
    private readonly Option<string> _policy = new("--policy") { Description = "The policy that governs it; \"\" lets everything pass." };
    private readonly Option<string> _descriptor = new("--descriptor-socket")
    {
        Description = "A Unix socket of an agent that hands over the TUN's descriptors; netcontrold then needs no capability.",
    };

    private readonly Option<bool> _killSwitch = new("--kill-switch")
    {
        Description = "Refuse what is routed into it while it is not there; =false ends that.",
    };

    private readonly Option<uint> _queues = new("--queues") { Description = "TUN queues; default is one for each event loop." };
    private readonly Option<bool> _plain = new("--disable-offload") { Description = "Do without segmentation and checksum offload." };
    private readonly Option<uint> _tcpSessions = new("--max-tcp-sessions") { Description = "The most TCP sessions; default 131072." };
    private readonly Option<uint> _udpSessions = new("--max-udp-sessions") { Description = "The most UDP sessions; default 65536." };
    private readonly Option<uint> _halfOpen = new("--max-half-open") { Description = "The most TCP sessions not yet established; default 4096." };
    private readonly Option<ulong> _buffers = new("--max-buffer-bytes") { Description = "The most bytes in TCP buffers; default 256 MiB." };
    private readonly Option<ulong> _reassembly = new("--max-reassembly-bytes")
    {
        Description = "The most bytes of incomplete datagrams; default 8 MiB.",
    };

    private readonly Option<uint> _perSource = new("--max-sessions-per-source") { Description = "The most sessions of one application address." };
    private readonly Option<uint> _perDestination = new("--max-sessions-per-destination")
    {
        Description = "The most TCP sessions to one address and port.",
    };

    public DeviceOptions()
    {
        _streams.CompletionSources.Add(context => ResourceNames.Complete(context, "delegates", "proxies"));
        _congestion.AcceptOnlyFromAmong("cubic", "new-reno");
        _policy.CompletionSources.Add(context => ResourceNames.Complete(context, "policies"));
        _packets.CompletionSources.Add(context => ResourceNames.Complete(context, "delegates", "proxies"));
    }

    private Option[] All =>
    [
        _interface, _mtu, _addresses, _routes, _excluded, _streams, _packets, _immediately, _addressDependent, _congestion,
        _policy, _killSwitch, _descriptor, _queues, _plain, _tcpSessions, _udpSessions, _halfOpen, _buffers, _reassembly,
        _perSource, _perDestination,
    ];

    public Command AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }

        return _keepAlive.AddTo(command);
    }

    /// <summary>Reads the options, and notes in the mask which fields were written.</summary>
    public Device Read(ParseResult parsed, FieldMask mask)
    {
        bool limited = Given(parsed, mask, "limits", _tcpSessions, _udpSessions, _halfOpen, _buffers, _reassembly, _perSource,
            _perDestination);
        Given(parsed, mask, "interface", _interface);
        Given(parsed, mask, "mtu", _mtu);
        Given(parsed, mask, "addresses", _addresses);
        Given(parsed, mask, "routes", _routes);
        Given(parsed, mask, "excluded_routes", _excluded);
        Given(parsed, mask, "stream_dialer", _streams);
        Given(parsed, mask, "packet_proxy", _packets);
        Given(parsed, mask, "accept", _immediately);
        Given(parsed, mask, "udp_filtering", _addressDependent);
        Given(parsed, mask, "queues", _queues);
        Given(parsed, mask, "disable_offload", _plain);
        Given(parsed, mask, "congestion_control", _congestion);
        Given(parsed, mask, "policy", _policy);
        Given(parsed, mask, "kill_switch", _killSwitch);
        Given(parsed, mask, "descriptor_socket", _descriptor);
        bool keepAlive = Given(parsed, mask, "keep_alive", [.. _keepAlive.All]);
        return new Device
        {
            Interface = parsed.GetValue(_interface) ?? "",
            Mtu = parsed.GetValue(_mtu),
            Addresses = { parsed.GetValue(_addresses) ?? [] },
            Routes = { parsed.GetValue(_routes) ?? [] },
            ExcludedRoutes = { parsed.GetValue(_excluded) ?? [] },
            StreamDialer = parsed.GetValue(_streams) ?? "",
            PacketProxy = parsed.GetValue(_packets) ?? "",
            Accept = parsed.GetValue(_immediately) ? AcceptMode.Immediate : AcceptMode.Unspecified,
            UdpFiltering = parsed.GetValue(_addressDependent) ? UdpFiltering.AddressDependent : UdpFiltering.Unspecified,
            CongestionControl =
                parsed.GetValue(_congestion) == "new-reno" ? CongestionControl.NewReno : CongestionControl.Unspecified,
            KeepAlive = keepAlive ? _keepAlive.Read(parsed) : null,
            Policy = Common.Qualify("policies", parsed.GetValue(_policy) ?? ""),
            KillSwitch = parsed.GetValue(_killSwitch),
            DescriptorSocket = parsed.GetValue(_descriptor) ?? "",
            Queues = parsed.GetValue(_queues),
            DisableOffload = parsed.GetValue(_plain),
            Limits = !limited ? null : new DeviceLimits
            {
                MaxTcpSessions = parsed.GetValue(_tcpSessions),
                MaxUdpSessions = parsed.GetValue(_udpSessions),
                MaxHalfOpen = parsed.GetValue(_halfOpen),
                MaxBufferBytes = parsed.GetValue(_buffers),
                MaxReassemblyBytes = parsed.GetValue(_reassembly),
                MaxSessionsPerSource = parsed.GetValue(_perSource),
                MaxSessionsPerDestination = parsed.GetValue(_perDestination),
            },
        };
    }

    private static bool Given(ParseResult parsed, FieldMask mask, string field, params Option[] options)
    {
        bool given = options.Any(parsed.IsGiven);
        if (given)
        {
            mask.Paths.Add(field);
        }

        return given;
    }
}
