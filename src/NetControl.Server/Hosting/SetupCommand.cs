using System.CommandLine;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.Server.Audit;
using NetControl.Server.Configuration;
using NetControl.Server.Security.Peers;

namespace NetControl.Server.Hosting;

/// <summary>netcontrold setup: what takes privileges, done once, so that netcontrold itself runs without any.</summary>
internal static class SetupCommand
{
    public static Command Create()
    {
        Option<string?> config = new("--config", "-c") { Description = "The file that netcontrold will be started with.", HelpName = "FILE" };
        Option<string?> user = new("--user") { Description = "The user that netcontrold will run as, by name or number. No application may run as it." };
        Option<string?> make = new("--make-tun")
        {
            Description = "Make a node of the TUN driver here, for that user; start netcontrold with --tun and the same path.",
            HelpName = "PATH",
        };
        Option<string> ipv6 = Ipv6Option.Create();
        Option<string?> log = CommandAudit.Option("default: audit.file of the configuration, where it has one");
        Option<bool> remove = new("--remove") { Description = "Take away what was prepared in this network namespace, instead." };
        user.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && AccountNames.User(result.Tokens[0].Value) is null)
            {
                result.AddError($"--user: \"{result.Tokens[0].Value}\" is not a user here; write a number, e.g. 20035");
            }
        });
        Command command = new("setup", "Prepare this network namespace, with privileges, for a netcontrold without any: the interfaces of a configuration, "
            + "which outlive it and belong to its user, their addresses, routes and rules, the kill switch, and a rule that leaves that user's own traffic "
            + "to the machine's routes. May be run again.") { config, user, make, ipv6, remove, log };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(remove) && (result.GetResult(config) is null || result.GetResult(user) is null))
            {
                result.AddError("setup: write --config and --user, or --remove");
            }
        });
        command.SetAction(async (parsed, _) =>
        {
            try
            {
                ServerConfiguration? configuration = parsed.GetValue(config) is { } path
                    ? ConfigurationLoader.LoadFile(path, Ipv6Option.Read(parsed.GetValue(ipv6))) : null;
                using CommandAudit? audit = CommandAudit.TryOpen(
                    parsed.GetValue(log) ?? configuration?.Access.AuditFile, parsed.InvocationConfiguration.Error, "setup");
                return audit is null ? ExitCode.InvalidConfiguration : await RunAsync(parsed, audit, () => parsed.GetValue(remove)
                    ? DevicePreparer.Remove().Select(what => $"removed {what}")
                    : Prepare(configuration!, AccountNames.User(parsed.GetValue(user)!)!.Value, parsed.GetValue(make)));
            }
            catch (ConfigurationException e)
            {
                return await FailAsync(parsed, ExitCode.InvalidConfiguration, e.Message);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CommandAudit audit, Func<IEnumerable<string>> work)
    {
        try
        {
            string[] lines = [.. work()];
            audit.Write(SystemCause.Prepared, lines.Length == 0 ? "nothing was there" : string.Join("; ", lines));
            foreach (string line in lines)
            {
                await parsed.InvocationConfiguration.Output.WriteLineAsync(line);
            }

            return ExitCode.Ok;
        }
        catch (ControlPlaneException e)
        {
            audit.Write(SystemCause.Prepared, e.Message, e);
            return await FailAsync(parsed, ExitCode.Of(e.Error), e.Message);
        }
    }

    private static IEnumerable<string> Prepare(ServerConfiguration configuration, uint user, string? node) =>
        DevicePreparer.Prepare(configuration.Desired, configuration.Engine, user, node)
            .Select(name => $"prepared interface {name} for user {user}");

    private static async Task<int> FailAsync(ParseResult parsed, int code, string message)
    {
        foreach (string line in message.Split('\n'))
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"netcontrold setup: {line}");
        }

        return code;
    }
}
