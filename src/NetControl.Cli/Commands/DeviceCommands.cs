using System.CommandLine;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.DeviceService.DeviceServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl devices ...</summary>
internal static class DeviceCommands
{
    private const string Collection = "devices";

    public static Command Create() => new("devices", "TUN interfaces.") { CreateDevice(), Get(), List(), Delete(), Attach(), Detach() };

    private static Command CreateDevice()
    {
        Argument<string> name = Common.Name(Collection);
        Option<string> @interface = new("--interface")
        {
            Description = "The interface's name; default is the id.",
            DefaultValueFactory = _ => ""
        };
        Option<uint> mtu = new("--mtu") { Description = "1280 to 65535; default 1500." };
        Option<string[]> addresses = new("--ip")
        {
            Description = "An address, 10.77.0.1/24; may be repeated.",
            DefaultValueFactory = _ =>
            []
        };
        Option<string[]> routes = new("--route")
        {
            Description = "A destination, 198.18.0.0/15; may be repeated.",
            DefaultValueFactory = _ => []
        };
        Option<string> streams = new("--stream-dialer")
        {
            Description = "delegates/x or proxies/x for TCP.",
            DefaultValueFactory = _ =>
            ""
        };
        Option<string> packets = new("--packet-proxy") { Description = "delegates/x or proxies/x for UDP.", DefaultValueFactory = _ => "" };
        Option<bool> immediately = new("--accept-immediately") { Description = "Answer a SYN before the upstream dial is done." };
        Option<bool> addressDependent = new("--udp-address-dependent")
        {
            Description = "Let UDP answers in only from addresses that were sent to; default is from anywhere.",
        };
        Option<string> congestion = new("--congestion-control")
        {
            Description = "cubic or new-reno: how TCP sends to the application's side.",
            DefaultValueFactory = _ => "cubic",
        };
        congestion.AcceptOnlyFromAmong("cubic", "new-reno");
        KeepAliveOptions keepAlive = new();
        Option<uint> tcpSessions = new("--max-tcp-sessions") { Description = "The most TCP sessions; default 131072." };
        Option<uint> udpSessions = new("--max-udp-sessions") { Description = "The most UDP sessions; default 65536." };
        Option<uint> halfOpen = new("--max-half-open") { Description = "The most TCP sessions not yet established; default 4096." };
        Option<ulong> buffers = new("--max-buffer-bytes") { Description = "The most bytes in TCP buffers; default 256 MiB." };
        Option<ulong> reassembly = new("--max-reassembly-bytes") { Description = "The most bytes of incomplete datagrams; default 8 MiB." };
        Option<bool> dry = Common.ValidateOnly();
        return keepAlive.AddTo(new Command("create", "Make a device.") { name, @interface, mtu, addresses, routes, streams, packets,
            immediately, addressDependent, congestion, tcpSessions, udpSessions, halfOpen, buffers, reassembly, dry }).Does(async (p, c) =>
        {
            Device device = new()
            {
                Name = Common.Qualify(Collection, p.GetRequiredValue(name)),
                Interface = p.GetRequiredValue(@interface),
                Mtu = p.GetValue(mtu),
                Addresses = { p.GetRequiredValue(addresses) },
                Routes = { p.GetRequiredValue(routes) },
                StreamDialer = p.GetRequiredValue(streams),
                PacketProxy = p.GetRequiredValue(packets),
                Accept = p.GetValue(immediately) ? AcceptMode.Immediate : AcceptMode.Unspecified,
                UdpFiltering = p.GetValue(addressDependent) ? UdpFiltering.AddressDependent : UdpFiltering.Unspecified,
                CongestionControl =
                    p.GetValue(congestion) == "new-reno" ? CongestionControl.NewReno : CongestionControl.Unspecified,
                KeepAlive = keepAlive.Read(p),
                Limits = new DeviceLimits
                {
                    MaxTcpSessions = p.GetValue(tcpSessions),
                    MaxUdpSessions = p.GetValue(udpSessions),
                    MaxHalfOpen = p.GetValue(halfOpen),
                    MaxBufferBytes = p.GetValue(buffers),
                    MaxReassemblyBytes = p.GetValue(reassembly),
                },
            };
            CreateDeviceRequest request = new() { Device = device, RequestId = Common.RequestId(), ValidateOnly = p.GetValue(dry) };
            Show(c, (await new Client(c.Invoker).CreateDeviceAsync(request, cancellationToken: c.Cancellation)).Device);
        });
    }

    private static Command Get()
    {
        Argument<string> name = Common.Name(Collection);
        return new Command("get", "Read one device.") { name }.Does(async (p, c) =>
        {
            GetDeviceRequest request = new() { Name = Common.Qualify(Collection, p.GetRequiredValue(name)) };
            Show(c, (await new Client(c.Invoker).GetDeviceAsync(request, cancellationToken: c.Cancellation)).Device);
        });
    }

    private static Command List() => new Command("list", "Read all devices.").Does(async (_, c) =>
    {
        ListDevicesResponse all = new();
        do
        {
            ListDevicesRequest request = new() { PageSize = 1000, PageToken = all.NextPageToken };
            ListDevicesResponse page = await new Client(c.Invoker).ListDevicesAsync(request, cancellationToken: c.Cancellation);
            all.Devices.Add(page.Devices);
            all.NextPageToken = page.NextPageToken;
        }
        while (all.NextPageToken.Length > 0);
        c.Printer.Print(all, () => Tables.Of(all.Devices));
    });

    private static Command Delete()
    {
        Argument<string> name = Common.Name(Collection);
        Option<string> etag = Common.Etag();
        Option<bool> force = Common.Force();
        Option<bool> dry = Common.ValidateOnly();
        return new Command("delete", "Remove a device, or give an adopted interface back.") { name, etag, force, dry }.Does(async (p, c) =>
        {
            DeleteDeviceRequest request = new()
            {
                Name = Common.Qualify(Collection, p.GetRequiredValue(name)),
                Etag = p.GetRequiredValue(etag),
                Force = p.GetValue(force),
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry),
            };
            DeleteDeviceResponse response = await new Client(c.Invoker).DeleteDeviceAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => $"{request.Name} deleted\n");
        });
    }

    private static Command Attach()
    {
        Argument<string> name = Common.Name(Collection);
        Argument<string> target = new("target") { Description = "delegates/x or proxies/x." };
        Option<bool> streamsOnly = new("--streams") { Description = "Only TCP." };
        Option<bool> packetsOnly = new("--packets") { Description = "Only UDP." };
        Option<bool> dry = Common.ValidateOnly();
        return new Command("attach", "Say where new sessions go: TCP and UDP, or one of them.") { name, target, streamsOnly, packetsOnly,
            dry }.Does(async (p, c) =>
        {
            Client client = new(c.Invoker);
            string device = Common.Qualify(Collection, p.GetRequiredValue(name));
            string to = p.GetRequiredValue(target);
            Device result = new();
            if (p.GetValue(streamsOnly) || !p.GetValue(packetsOnly))
            {
                AttachStreamDialerRequest request = new()
                {
                    Name = device,
                    StreamDialer = to,
                    RequestId = Common.RequestId(),
                    ValidateOnly = p.GetValue(dry)
                };
                result = (await client.AttachStreamDialerAsync(request, cancellationToken: c.Cancellation)).Device;
            }

            if (p.GetValue(packetsOnly) || !p.GetValue(streamsOnly))
            {
                AttachPacketProxyRequest request = new()
                {
                    Name = device,
                    PacketProxy = to,
                    RequestId = Common.RequestId(),
                    ValidateOnly = p.GetValue(dry)
                };
                result = (await client.AttachPacketProxyAsync(request, cancellationToken: c.Cancellation)).Device;
            }

            Show(c, result);
        });
    }

    private static Command Detach()
    {
        Argument<string> name = Common.Name(Collection);
        Option<bool> streamsOnly = new("--streams") { Description = "Only TCP." };
        Option<bool> packetsOnly = new("--packets") { Description = "Only UDP." };
        return new Command("detach", "Reject new sessions: TCP and UDP, or one of them.") { name, streamsOnly,
            packetsOnly }.Does(async (p, c) =>
        {
            Client client = new(c.Invoker);
            string device = Common.Qualify(Collection, p.GetRequiredValue(name));
            Device result = new();
            if (p.GetValue(streamsOnly) || !p.GetValue(packetsOnly))
            {
                DetachStreamDialerRequest request = new() { Name = device, RequestId = Common.RequestId() };
                result = (await client.DetachStreamDialerAsync(request, cancellationToken: c.Cancellation)).Device;
            }

            if (p.GetValue(packetsOnly) || !p.GetValue(streamsOnly))
            {
                DetachPacketProxyRequest request = new() { Name = device, RequestId = Common.RequestId() };
                result = (await client.DetachPacketProxyAsync(request, cancellationToken: c.Cancellation)).Device;
            }

            Show(c, result);
        });
    }

    private static void Show(CommandContext c, Device device) => c.Printer.Print(device, () => Tables.Of([device]));
}
