using System.CommandLine;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.DelegateService.DelegateServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl delegates ...</summary>
internal static class DelegateCommands
{
    private const string Collection = "delegates";
    private const string Proxies = "proxies";

    public static Command Create() =>
        new("delegates", "Swappable references to proxies.") { CreateDelegate(), Get(), List(), Update(), Delete(), Swap() };

    private static Command CreateDelegate()
    {
        Argument<string> name = Common.Name(Collection);
        Argument<string> proxy = Common.Named("proxy", "The proxy it points at; may be left out with --proxies.", Proxies);
        proxy.Arity = ArgumentArity.ZeroOrOne;
        FailoverOptions failover = new();
        Option<bool> dry = Common.ValidateOnly();
        return failover.AddTo(new Command("create", "Make a delegate.") { name, proxy, dry }).Does(async (p, c) =>
        {
            Protocol.V1.Delegate message = new()
            {
                Name = Common.Qualify(Collection, p.GetRequiredValue(name)),
                Proxy = Common.Qualify(Proxies, p.GetValue(proxy) ?? ""),
            };
            failover.Read(p, message);
            CreateDelegateRequest request = new() { Delegate = message, RequestId = Common.RequestId(), ValidateOnly = p.GetValue(dry) };
            Show(c, (await new Client(c.Invoker).CreateDelegateAsync(request, cancellationToken: c.Cancellation)).Delegate);
        });
    }

    private static Command Get()
    {
        Argument<string> name = Common.Name(Collection);
        return new Command("get", "Read one delegate.") { name }.Does(async (p, c) =>
        {
            GetDelegateRequest request = new() { Name = Common.Qualify(Collection, p.GetRequiredValue(name)) };
            Show(c, (await new Client(c.Invoker).GetDelegateAsync(request, cancellationToken: c.Cancellation)).Delegate);
        });
    }

    private static Command List()
    {
        ListOptions list = new("delegates");
        return list.AddTo(new Command("list", "Read all delegates, or those that a filter chooses.")).Does(async (p, c) =>
        {
            ListDelegatesResponse all = new();
            await list.ReadAsync(p, async wish =>
            {
                ListDelegatesRequest request = new()
                {
                    Filter = wish.Filter,
                    OrderBy = wish.OrderBy,
                    PageSize = wish.Size,
                    PageToken = wish.Token,
                    ReadMask = wish.ReadMask,
                };
                ListDelegatesResponse page = await new Client(c.Invoker).ListDelegatesAsync(request, cancellationToken: c.Cancellation);
                all.MergeFrom(page);
                return (all.Delegates.Count, all.NextPageToken = page.NextPageToken);
            });
            c.Printer.Print(all, () => Tables.Of(all.Delegates));
        });
    }

    private static Command Update()
    {
        Argument<string> name = Common.Name(Collection);
        FailoverOptions failover = new();
        Option<string> etag = Common.Etag();
        Option<bool> dry = Common.ValidateOnly();
        return failover.AddTo(new Command("update", "Change which proxies a delegate chooses among, and how.") { name, etag, dry }).Does(async (p, c) =>
        {
            Protocol.V1.Delegate message = new() { Name = Common.Qualify(Collection, p.GetRequiredValue(name)), Etag = p.GetRequiredValue(etag) };
            failover.Read(p, message);
            UpdateDelegateRequest request = new() { Delegate = message, RequestId = Common.RequestId(), ValidateOnly = p.GetValue(dry) };
            Show(c, (await new Client(c.Invoker).UpdateDelegateAsync(request, cancellationToken: c.Cancellation)).Delegate);
        });
    }

    private static Command Delete() => DeleteCommand.Create(Collection, "Remove a delegate.", (wish, c) =>
        new Client(c.Invoker).DeleteDelegateAsync(
            new() { Name = wish.Name, Etag = wish.Etag, Force = wish.Force, RequestId = wish.RequestId, ValidateOnly = wish.ValidateOnly },
            cancellationToken: c.Cancellation));

    private static Command Swap()
    {
        Argument<string> name = Common.Name(Collection);
        Argument<string> proxy = Common.Named("proxy", "The proxy it points at from now on.", Proxies);
        Option<string> existing = new("--existing") { Description = "What happens to live sessions.", DefaultValueFactory = _ => "keep" };
        existing.AcceptOnlyFromAmong("keep", "drain", "close");
        Option<string?> drain = Common.Duration("--drain-timeout", "With drain: how long they may go on.");
        Option<string> etag = Common.Etag();
        Option<bool> dry = Common.ValidateOnly();
        return new Command("swap", "Point a delegate at another proxy, under live traffic.") { name, proxy, existing, drain, etag,
            dry }.Does(async (p, c) =>
        {
            SwapDelegateRequest request = new()
            {
                Name = Common.Qualify(Collection, p.GetRequiredValue(name)),
                Proxy = Common.Qualify(Proxies, p.GetRequiredValue(proxy)),
                Existing = p.GetRequiredValue(existing) switch
                {
                    "drain" => ExistingSessions.Drain,
                    "close" => ExistingSessions.Close,
                    _ => ExistingSessions.Keep,
                },
                DrainTimeout = Common.ParseDuration(p.GetValue(drain)),
                Etag = p.GetRequiredValue(etag),
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry),
            };
            SwapDelegateResponse response = await new Client(c.Invoker).SwapDelegateAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => Tables.Of(response));
        });
    }

    private static void Show(CommandContext c, Protocol.V1.Delegate message) =>
        c.Printer.Print(message, () => Tables.Of([message]) + Tables.Of(message.Conditions));
}
