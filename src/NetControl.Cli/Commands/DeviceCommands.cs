using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.DeviceService.DeviceServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl devices ...</summary>
internal static class DeviceCommands
{
    private const string Collection = "devices";

    public static Command Create() => new("devices", "TUN interfaces.")
    {
        CreateDevice(), Get(), List(), Update(), Drain(), Resume(), Delete(), Attach(), Detach(),
    };

    private static Command CreateDevice()
    {
        Argument<string> name = Common.Name(Collection);
        DeviceOptions options = new();
        Option<bool> dry = Common.ValidateOnly();
        return options.AddTo(new Command("create", "Make a device.") { name, dry }).Does(async (p, c) =>
        {
            Device device = options.Read(p, new FieldMask());
            device.Name = Common.Qualify(Collection, p.GetRequiredValue(name));
            CreateDeviceRequest request = new() { Device = device, RequestId = Common.RequestId(), ValidateOnly = p.GetValue(dry) };
            Show(c, (await new Client(c.Invoker).CreateDeviceAsync(request, cancellationToken: c.Cancellation)).Device);
        });
    }

    private static Command Update()
    {
        Argument<string> name = Common.Name(Collection);
        DeviceOptions options = new();
        Option<string[]> clear = new("--clear")
        {
            Description = "Put this field back to its default, e.g. routes; may be repeated.",
            DefaultValueFactory = _ => []
        };
        Option<string> etag = Common.Etag();
        Option<bool> force = new("--force") { Description = "Even where it ends live sessions." };
        Option<bool> dry = Common.ValidateOnly();
        clear.AcceptOnlyFromAmong(DeviceOptions.Fields);
        Command command = new("update", "Change a device: what is written changes, lists as a whole.") { name, clear, etag, force, dry };
        return options.AddTo(command).Does(async (p, c) =>
        {
            FieldMask mask = new();
            Device device = options.Read(p, mask);
            device.Name = Common.Qualify(Collection, p.GetRequiredValue(name));
            device.Etag = p.GetRequiredValue(etag);
            mask.Paths.Add(p.GetRequiredValue(clear).Except(mask.Paths, StringComparer.Ordinal));
            UpdateDeviceRequest request = new()
            {
                Device = device,
                UpdateMask = mask,
                Force = p.GetValue(force),
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry),
            };
            Show(c, (await new Client(c.Invoker).UpdateDeviceAsync(request, cancellationToken: c.Cancellation)).Device);
        });
    }

    private static Command Drain()
    {
        Argument<string> name = Common.Name(Collection);
        Option<string?> timeout = Common.Duration("--timeout", "How long live sessions may go on; default as long as they last.");
        Option<string> etag = Common.Etag();
        Option<bool> dry = Common.ValidateOnly();
        return new Command("drain", "Reject new sessions; live ones go on, until the timeout if one is given.") { name, timeout, etag,
            dry }.Does(async (p, c) =>
        {
            DrainDeviceRequest request = new()
            {
                Name = Common.Qualify(Collection, p.GetRequiredValue(name)),
                Timeout = Common.ParseDuration(p.GetValue(timeout)),
                Etag = p.GetRequiredValue(etag),
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry),
            };
            DrainDeviceResponse response = await new Client(c.Invoker).DrainDeviceAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => $"{Tables.Of([response.Device])}{response.SessionsDraining} sessions draining\n");
        });
    }

    private static Command Resume()
    {
        Argument<string> name = Common.Name(Collection);
        Option<string> etag = Common.Etag();
        Option<bool> dry = Common.ValidateOnly();
        return new Command("resume", "End a drain: let new sessions in again.") { name, etag, dry }.Does(async (p, c) =>
        {
            ResumeDeviceRequest request = new()
            {
                Name = Common.Qualify(Collection, p.GetRequiredValue(name)),
                Etag = p.GetRequiredValue(etag),
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry),
            };
            Show(c, (await new Client(c.Invoker).ResumeDeviceAsync(request, cancellationToken: c.Cancellation)).Device);
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

    private static Command List()
    {
        ListOptions list = new("devices");
        return list.AddTo(new Command("list", "Read all devices, or those that a filter chooses.")).Does(async (p, c) =>
        {
            ListDevicesResponse all = new();
            await list.ReadAsync(p, async wish =>
            {
                ListDevicesRequest request = new()
                {
                    Filter = wish.Filter,
                    OrderBy = wish.OrderBy,
                    PageSize = wish.Size,
                    PageToken = wish.Token,
                    ReadMask = wish.ReadMask,
                };
                ListDevicesResponse page = await new Client(c.Invoker).ListDevicesAsync(request, cancellationToken: c.Cancellation);
                all.MergeFrom(page);
                return (all.Devices.Count, all.NextPageToken = page.NextPageToken);
            });
            c.Printer.Print(all, () => Tables.Of(all.Devices));
        });
    }

    private static Command Delete() => DeleteCommand.Create(Collection, "Remove a device, or give an adopted interface back.", (wish, c) =>
        new Client(c.Invoker).DeleteDeviceAsync(
            new() { Name = wish.Name, Etag = wish.Etag, Force = wish.Force, RequestId = wish.RequestId, ValidateOnly = wish.ValidateOnly },
            cancellationToken: c.Cancellation));

    private static Command Attach()
    {
        Argument<string> name = Common.Name(Collection);
        Argument<string> target = Common.Named("target", "delegates/x or proxies/x.", "delegates", "proxies");
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

    private static void Show(CommandContext c, Device device) =>
        c.Printer.Print(device, () => Tables.Of([device]) + Tables.Of(device.Conditions));
}
