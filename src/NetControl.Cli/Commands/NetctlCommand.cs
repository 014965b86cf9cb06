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
    private static readonly Option<string?> s_address = new("--address", "-a")
    {
        Description = $"The server: http://host:port or unix:/path. Default: ${ServerAddress.Variable}, else "
            + $"unix:{ServerAddress.DefaultSocket} if it exists, else {ServerAddress.DefaultUrl}.",
        HelpName = "ADDRESS",
        Recursive = true,
    };

    private static readonly Option<string> s_output = new("--output", "-o")
    {
        Description = "table, or json: ProtoJSON, one document a line; or yaml: the same as YAML.",
        DefaultValueFactory = _ => "table",
        Recursive = true,
    };

    static NetctlCommand()
    {
        s_output.AcceptOnlyFromAmong("table", "json", "yaml");
        s_address.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !ServerAddress.IsValid(result.Tokens[0].Value))
            {
                result.AddError($"--address: \"{result.Tokens[0].Value}\" is not an address; write e.g. http://127.0.0.1:50051 or "
                    + $"unix:{ServerAddress.DefaultSocket}");
            }
        });
    }

    public static RootCommand Create() =>
        new("netctl: drives netcontrold over gRPC. Exit codes: 0 done, 1 refused, 2 usage, 3 not found, 4 no server, 130 interrupted.")
    {
        s_address,
        s_output,
        DeviceCommands.Create(),
        ProxyCommands.Create(),
        DelegateCommands.Create(),
        SessionCommands.Create(),
        ConfigurationCommands.Create(),
        WatchCommand.Create(),
        AccountingCommand.Create(),
        TopCommand.Create(),
        CompletionCommand.Create(),
        Info(),
    };

    /// <summary>Makes a command do its work against the server, and say what went wrong.</summary>
    public static Command Does(this Command command, Func<ParseResult, CommandContext, Task> work)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string address = Address(parsed);
            if (!ServerAddress.IsValid(address))
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(
                    $"netctl: {ServerAddress.Variable}: \"{address}\" is not an address; write e.g. {ServerAddress.DefaultUrl}");
                return ExitCode.Usage;
            }

            using GrpcChannel channel = ChannelFactory.Create(address);
            Printer printer = new(parsed.InvocationConfiguration.Output, Enum.Parse<OutputFormat>(parsed.GetValue(s_output)!, ignoreCase: true));
            try
            {
                await work(parsed, new CommandContext(channel.CreateCallInvoker(), printer, cancellationToken));
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
        string address = Address(parsed);
        return ServerAddress.IsValid(address) ? ChannelFactory.Create(address) : null;
    }

    private static string Address(ParseResult parsed) =>
        ServerAddress.Resolve(parsed.GetValue(s_address), Environment.GetEnvironmentVariable(ServerAddress.Variable), File.Exists);

    private static Command Info() => new Command("info", "Version, features and limits of the server.").Does(async (_, c) =>
    {
        GetServerInfoResponse info = await new InfoService.InfoServiceClient(c.Invoker).GetServerInfoAsync(new GetServerInfoRequest(),
            cancellationToken: c.Cancellation);
        c.Printer.Print(info, () => Tables.Of(info));
    });
}
