using System.CommandLine;
using NetControl.Cli.Input;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.ConfigurationService.ConfigurationServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl config ...</summary>
internal static class ConfigurationCommands
{
    public static Command Create() => new("config", "The configuration as a whole.") { Get(), Apply(), Confirm(), Revert() };

    private static Command Get() =>
        new Command("get", "Read it as a document that apply takes; secrets show as REDACTED, which means as it is.").Does(async (_, c) =>
        {
            GetConfigurationResponse response = await new Client(c.Invoker).GetConfigurationAsync(
                new GetConfigurationRequest(), cancellationToken: c.Cancellation);
            if (c.Printer.IsStructured)
            {
                c.Printer.PrintDocument(response.Configuration ?? new Configuration());
                return;
            }

            string pending = response.PendingConfirmation is { } p
                ? $"# waits for confirmation until {p.Deadline.ToDateTime():u}: netctl config confirm {p.ConfirmationId}\n" : "";
            c.Printer.PrintText($"# generation {response.Generation}\n{pending}"
                + YamlText.Of(Google.Protobuf.JsonFormatter.Default.Format(response.Configuration ?? new Configuration())));
        });

    private static Command Apply()
    {
        Argument<string> file = new("file") { Description = "YAML or JSON; - is standard input." };
        Option<bool> dry = new("--dry-run", "--validate-only") { Description = "Only show the plan." };
        Option<bool> prune = new("--prune") { Description = "Remove what the document does not declare." };
        Option<string?> confirm = Common.Duration("--confirm-timeout", "Take everything back unless it is confirmed in time.");
        Option<long?> generation = new("--base-generation") { Description = "Only if this is still the configuration's generation." };
        return new Command("apply", "Make a document true, in one step or not at all.") { file, dry, prune, confirm,
            generation }.Does(async (p, c) =>
        {
            Configuration document = await DocumentReader.ReadAsync(p.GetRequiredValue(file), c.Cancellation);
            ApplyConfigurationRequest request = new()
            {
                Configuration = document,
                Prune = p.GetValue(prune),
                ConfirmTimeout = Common.ParseDuration(p.GetValue(confirm)),
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry),
            };
            if (p.GetValue(generation) is { } expected)
            {
                request.BaseGeneration = expected;
            }

            ApplyConfigurationResponse response = await new Client(c.Invoker).ApplyConfigurationAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => Tables.Of(response, request.ValidateOnly));
        });
    }

    private static Command Confirm()
    {
        Argument<string> id = new("id") { Description = "The confirmation id that apply printed." };
        return new Command("confirm", "What was applied stays.") { id }.Does(async (p, c) =>
        {
            ConfirmConfigurationRequest request = new() { ConfirmationId = p.GetRequiredValue(id), RequestId = Common.RequestId() };
            ConfirmConfigurationResponse response = await new Client(c.Invoker).ConfirmConfigurationAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => $"confirmed, generation {response.Generation}\n");
        });
    }

    private static Command Revert()
    {
        Argument<string> id = new("id") { Description = "The confirmation id that apply printed." };
        return new Command("revert", "Take back what was applied, now.") { id }.Does(async (p, c) =>
        {
            RevertConfigurationRequest request = new() { ConfirmationId = p.GetRequiredValue(id), RequestId = Common.RequestId() };
            RevertConfigurationResponse response = await new Client(c.Invoker).RevertConfigurationAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => $"reverted, generation {response.Generation}\n");
        });
    }
}
