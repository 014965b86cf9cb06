using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using NetControl.Cli.Input;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.ProxyService.ProxyServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl proxies ...</summary>
internal static class ProxyCommands
{
    private const string Collection = "proxies";

    public static Command Create() => new("proxies", "Configured ways out.") { CreateProxy(), Get(), List(), Update(), Delete() };

    private static Command CreateProxy()
    {
        Argument<string> name = Common.Name(Collection);
        ConfigOption config = new("The chain, e.g. socks5://192.0.2.1:1080; empty is direct.");
        Option<string?> hops = HopsFile.Option();
        hops.ExcludesWhere(config.IsGiven, "--config");
        Option<string?> idle = Common.Duration("--udp-idle-timeout", "How long a UDP session may go without sending.");
        Option<bool> dry = Common.ValidateOnly();
        return config.AddTo(new Command("create", "Make a proxy.") { name, hops, idle, dry }).Does(async (p, c) =>
        {
            Proxy proxy = new()
            {
                Name = Common.Qualify(Collection, p.GetRequiredValue(name)),
                Config = await config.ReadAsync(p, c.Cancellation) ?? "",
                UdpIdleTimeout = Common.ParseDuration(p.GetValue(idle)),
            };
            if (p.GetValue(hops) is { } file)
            {
                proxy.Hops.Add(await HopsFile.ReadAsync(file, c.Cancellation));
            }

            CreateProxyRequest request = new() { Proxy = proxy, RequestId = Common.RequestId(), ValidateOnly = p.GetValue(dry) };
            Show(c, (await new Client(c.Invoker).CreateProxyAsync(request, cancellationToken: c.Cancellation)).Proxy);
        });
    }

    private static Command Get()
    {
        Argument<string> name = Common.Name(Collection);
        return new Command("get", "Read one proxy; secrets are not given back.") { name }.Does(async (p, c) =>
        {
            GetProxyRequest request = new() { Name = Common.Qualify(Collection, p.GetRequiredValue(name)) };
            Show(c, (await new Client(c.Invoker).GetProxyAsync(request, cancellationToken: c.Cancellation)).Proxy);
        });
    }

    private static Command List()
    {
        ListOptions list = new("proxies");
        return list.AddTo(new Command("list", "Read all proxies, or those that a filter chooses.")).Does(async (p, c) =>
        {
            ListProxiesResponse all = new();
            await list.ReadAsync(p, async wish =>
            {
                ListProxiesRequest request = new()
                {
                    Filter = wish.Filter,
                    OrderBy = wish.OrderBy,
                    PageSize = wish.Size,
                    PageToken = wish.Token,
                    ReadMask = wish.ReadMask,
                };
                ListProxiesResponse page = await new Client(c.Invoker).ListProxiesAsync(request, cancellationToken: c.Cancellation);
                all.MergeFrom(page);
                return (all.Proxies.Count, all.NextPageToken = page.NextPageToken);
            });
            c.Printer.Print(all, () => Tables.Of(all.Proxies));
        });
    }

    private static Command Update()
    {
        Argument<string> name = Common.Name(Collection);
        ConfigOption config = new("The new chain; \"\" is direct.");
        Option<string?> hops = HopsFile.Option();
        hops.ExcludesWhere(config.IsGiven, "--config");
        Option<string?> idle = Common.Duration("--udp-idle-timeout", "The new UDP idle timeout.");
        Option<string> etag = Common.Etag();
        Option<bool> dry = Common.ValidateOnly();
        return config.AddTo(new Command("update", "Change a proxy; new sessions use the new settings.") { name, hops, idle, etag, dry }).Does(async (p, c) =>
        {
            FieldMask mask = new();
            string? chain = await config.ReadAsync(p, c.Cancellation);
            if (chain is not null)
            {
                mask.Paths.Add("config");
            }

            if (p.GetValue(idle) is not null)
            {
                mask.Paths.Add("udp_idle_timeout");
            }

            Proxy proxy = new()
            {
                Name = Common.Qualify(Collection, p.GetRequiredValue(name)),
                Config = chain ?? "",
                UdpIdleTimeout = Common.ParseDuration(p.GetValue(idle)),
                Etag = p.GetRequiredValue(etag),
            };
            if (p.GetValue(hops) is { } file)
            {
                proxy.Hops.Add(await HopsFile.ReadAsync(file, c.Cancellation));
                mask.Paths.Add("hops");
            }

            UpdateProxyRequest request = new()
            {
                Proxy = proxy,
                UpdateMask = mask,
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry)
            };
            Show(c, (await new Client(c.Invoker).UpdateProxyAsync(request, cancellationToken: c.Cancellation)).Proxy);
        });
    }

    private static Command Delete() => DeleteCommand.Create(Collection, "Remove a proxy.", (wish, c) =>
        new Client(c.Invoker).DeleteProxyAsync(
            new() { Name = wish.Name, Etag = wish.Etag, Force = wish.Force, RequestId = wish.RequestId, ValidateOnly = wish.ValidateOnly },
            cancellationToken: c.Cancellation));

    private static void Show(CommandContext c, Proxy proxy) =>
        c.Printer.Print(proxy, () => Tables.Of([proxy]) + Tables.Of(proxy.Conditions));
}
