using System.CommandLine;
using NetControl.Cli.Input;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.PolicyService.PolicyServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl policies ...</summary>
internal static class PolicyCommands
{
    private const string Collection = "policies";

    public static Command Create() => new("policies", "Ordered rules: what traffic may pass, and which way.")
    {
        CreatePolicy(), Get(), List(), Update(), Delete(), Evaluate(),
    };

    private static Command CreatePolicy()
    {
        Argument<string> name = Common.Name(Collection);
        Option<string> file = File();
        Option<bool> dry = Common.ValidateOnly();
        return new Command("create", "Make a policy.") { name, file, dry }.Does(async (p, c) =>
        {
            Policy policy = await ReadAsync(p, file, c);
            policy.Name = Common.Qualify(Collection, p.GetRequiredValue(name));
            CreatePolicyRequest request = new() { Policy = policy, RequestId = Common.RequestId(), ValidateOnly = p.GetValue(dry) };
            Show(c, (await new Client(c.Invoker).CreatePolicyAsync(request, cancellationToken: c.Cancellation)).Policy);
        });
    }

    private static Command Get()
    {
        Argument<string> name = Common.Name(Collection);
        return new Command("get", "Read one policy with the hits of its rules.") { name }.Does(async (p, c) =>
        {
            GetPolicyRequest request = new() { Name = Common.Qualify(Collection, p.GetRequiredValue(name)) };
            Show(c, (await new Client(c.Invoker).GetPolicyAsync(request, cancellationToken: c.Cancellation)).Policy);
        });
    }

    private static Command List()
    {
        ListOptions list = new("policies");
        return list.AddTo(new Command("list", "Read all policies, or those that a filter chooses.")).Does(async (p, c) =>
        {
            ListPoliciesResponse all = new();
            await list.ReadAsync(p, async wish =>
            {
                ListPoliciesRequest request = new()
                {
                    Filter = wish.Filter,
                    OrderBy = wish.OrderBy,
                    PageSize = wish.Size,
                    PageToken = wish.Token,
                    ReadMask = wish.ReadMask,
                };
                ListPoliciesResponse page = await new Client(c.Invoker).ListPoliciesAsync(request, cancellationToken: c.Cancellation);
                all.MergeFrom(page);
                return (all.Policies.Count, all.NextPageToken = page.NextPageToken);
            });
            c.Printer.Print(all, () => Tables.Of(all.Policies));
        });
    }

    private static Command Update()
    {
        Argument<string> name = Common.Name(Collection);
        Option<string> file = File();
        Option<string> etag = Common.Etag();
        Option<bool> dry = Common.ValidateOnly();
        return new Command("update", "Replace what a policy says.") { name, file, etag, dry }.Does(async (p, c) =>
        {
            Policy policy = await ReadAsync(p, file, c);
            policy.Name = Common.Qualify(Collection, p.GetRequiredValue(name));
            policy.Etag = p.GetRequiredValue(etag);
            UpdatePolicyRequest request = new()
            {
                Policy = policy,
                UpdateMask = new() { Paths = { "*" } },
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry),
            };
            Show(c, (await new Client(c.Invoker).UpdatePolicyAsync(request, cancellationToken: c.Cancellation)).Policy);
        });
    }

    private static Command Delete() => DeleteCommand.Create(Collection, "Remove a policy.", (wish, c) =>
        new Client(c.Invoker).DeletePolicyAsync(
            new() { Name = wish.Name, Etag = wish.Etag, Force = wish.Force, RequestId = wish.RequestId, ValidateOnly = wish.ValidateOnly },
            cancellationToken: c.Cancellation));

    private static Command Evaluate()
    {
        Argument<string> subject = Common.Named("subject", "devices/x, with its attachments; or policies/x.", "devices", Collection);
        Argument<string> destination = new("destination") { Description = "Where the traffic goes, 198.51.100.7:443." };
        Option<string> source = new("--source") { Description = "The application's address, 10.77.0.2.", DefaultValueFactory = _ => "" };
        Option<string> protocol = new("--protocol") { Description = "tcp or udp.", DefaultValueFactory = _ => "tcp" };
        protocol.AcceptOnlyFromAmong("tcp", "udp");
        return new Command("evaluate", "Say what would become of traffic, and why.") { subject, destination, source,
            protocol }.Does(async (p, c) =>
        {
            EvaluatePolicyRequest request = new()
            {
                Subject = p.GetRequiredValue(subject),
                Destination = p.GetRequiredValue(destination),
                Source = p.GetRequiredValue(source),
                Protocol = p.GetValue(protocol) == "udp" ? SessionProtocol.Udp : SessionProtocol.Tcp,
            };
            EvaluatePolicyResponse verdict = await new Client(c.Invoker).EvaluatePolicyAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(verdict, () => Tables.Of(verdict));
        });
    }

    private static Option<string> File() => new("--file", "-f")
    {
        Description = "What it says: `rules` and `defaultAction` as YAML or JSON; - is standard input.",
        Required = true,
        HelpName = "FILE",
    };

    private static async Task<Policy> ReadAsync(ParseResult parsed, Option<string> file, CommandContext c)
    {
        string path = parsed.GetRequiredValue(file);
        return DocumentReader.Parse<Policy>(await DocumentReader.ReadTextAsync(path, c.Cancellation), path);
    }

    private static void Show(CommandContext c, Policy policy) => c.Printer.Print(policy, () => Tables.Of([policy]));
}
