using System.CommandLine;
using Grpc.Core;
using Grpc.Net.Client;
using NetControl.Cli.Completion;
using NetControl.Cli.Connection;
using NetControl.Cli.Input;
using NetControl.Cli.Output;
using NetControl.Cli.Top;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Commands;

/// <summary>The command line of netctl: global options, and one command for each resource.</summary>
internal static class NetctlCommand
{
    private static readonly Option<string> s_output = new("--output", "-o")
    {
        Description = "table, or json: ProtoJSON, one document a line; or yaml: the same as YAML.",
        DefaultValueFactory = _ => "table",
        Recursive = true,
    };

    static NetctlCommand()
    {
        s_output.AcceptOnlyFromAmong("table", "json", "yaml");
    }

    public static RootCommand Create()
    {
        RootCommand root = new("netctl: drives netcontrold over gRPC. Exit codes: 0 done, 1 refused, 2 usage, 3 not found, 4 no server, "
            + "130 interrupted.")
        {
            s_output,
            DeviceCommands.Create(),
            ProxyCommands.Create(),
            DelegateCommands.Create(),
            PolicyCommands.Create(),
            SessionCommands.Create(),
            ConfigurationCommands.Create(),
            WatchCommand.Create(),
            AccountingCommand.Create(),
            TopCommand.Create(),
            CaptureCommand.Create(),
            DiagnoseCommand.Create(),
            ProbeCommand.Create(),
            AuditCommand.Create(),
            HealthCommand.Create(),
            CompletionCommand.Create(),
            Info(),
        };
        foreach (Option option in ConnectionOptions.All)
        {
            root.Options.Add(option);
        }

        return root;
    }

    /// <summary>Makes a command do its work against the server, and say what went wrong.</summary>
    public static Command Does(this Command command, Func<ParseResult, CommandContext, Task> work)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string address = ConnectionOptions.Address(parsed);
            if (!ServerAddress.IsValid(address))
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(
                    $"netctl: {ServerAddress.Variable}: \"{address}\" is not an address; write e.g. {ServerAddress.DefaultUrl}");
                return ExitCode.Usage;
            }

            Credentials credentials;
            try
            {
                credentials = ConnectionOptions.Load(parsed);
            }
            catch (CredentialException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"netctl: {e.Message}");
                return ExitCode.Usage;
            }

            using GrpcChannel channel = ChannelFactory.Create(address, credentials);
            Printer printer = new(
                parsed.InvocationConfiguration.Output, Enum.Parse<OutputFormat>(parsed.GetValue(s_output)!, ignoreCase: true));
            try
            {
                GrpcChannel Connect() => ChannelFactory.Create(ConnectionOptions.Address(parsed), credentials);
                await work(parsed, new CommandContext(channel.CreateCallInvoker(), printer, Connect, cancellationToken));
                return ExitCode.Ok;
            }
            catch (RpcException e)
            {
                (string text, int code) = ErrorText.Describe(e, address);
                if (code != ExitCode.Cancelled)
                {
                    await parsed.InvocationConfiguration.Error.WriteLineAsync($"netctl: {text}");
                }

                return code;
            }
            catch (DocumentException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"netctl: {e.Message}");
                return ExitCode.Usage;
            }
            catch (OperationCanceledException)
            {
                return ExitCode.Cancelled;
            }
        });
        return command;
    }

    /// <summary>A channel for completion, which asks quietly; null where none can be made.</summary>
    public static GrpcChannel? TryConnect(ParseResult parsed)
    {
        string address = ConnectionOptions.Address(parsed);
        try
        {
            return ServerAddress.IsValid(address) ? ChannelFactory.Create(address, ConnectionOptions.Load(parsed)) : null;
        }
        catch (CredentialException)
        {
            return null;
        }
    }

    private static Command Info() => new Command("info", "Version, features and limits of the server.").Does(async (_, c) =>
    {
        GetServerInfoResponse info = await new InfoService.InfoServiceClient(c.Invoker).GetServerInfoAsync(new GetServerInfoRequest(),
            cancellationToken: c.Cancellation);
        c.Printer.Print(info, () => Tables.Of(info));
    });
}
