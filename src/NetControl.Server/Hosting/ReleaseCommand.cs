using System.CommandLine;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Network;
using NetControl.Server.Audit;

namespace NetControl.Server.Hosting;

/// <summary>netcontrold release: takes away a kill switch that no process knows of any more.</summary>
internal static class ReleaseCommand
{
    public static Command Create()
    {
        Option<string?> log = CommandAudit.Option("without it there is none");
        Command command = new("release", "Take away what kill switches guard in this network namespace, so that traffic may pass without "
            + "netcontrold. For what a former process left; a running one sets its own again when its configuration changes.") { log };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using CommandAudit? audit = CommandAudit.TryOpen(parsed.GetValue(log), parsed.InvocationConfiguration.Error, "release");
            if (audit is null)
            {
                return ExitCode.InvalidConfiguration;
            }

            EngineOptions options = new();
            IReadOnlyList<IpPrefix> guarded = KillSwitch.Guarded(options);
            KillSwitch.Release(options, guarded, null);
            HashSet<IpPrefix> left = [.. KillSwitch.Guarded(options)];
            audit.Write(
                SystemCause.Released,
                guarded.Count == 0 ? "no kill switch was there" : $"the kill switches of {string.Join(", ", guarded)}",
                left.Count == 0 ? null : new ControlPlaneException(ControlPlaneError.MissingCapability, "CAP_NET_ADMIN is missing"));
            foreach (IpPrefix destination in guarded)
            {
                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    $"{destination}: {(left.Contains(destination) ? "still guarded, CAP_NET_ADMIN is missing" : "released")}".AsMemory(), cancellationToken);
            }

            return left.Count == 0 ? ExitCode.Ok : ExitCode.MissingCapability;
        });
        return command;
    }
}
