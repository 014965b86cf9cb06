using System.CommandLine;
using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.Server.Hosting;

/// <summary>netcontrold release: takes away a kill switch that no process knows of any more.</summary>
internal static class ReleaseCommand
{
    public static Command Create()
    {
        Command command = new("release", "Take away what kill switches guard in this network namespace, so that traffic may pass without "
            + "netcontrold. For what a former process left; a running one sets its own again when its configuration changes.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            EngineOptions options = new();
            IReadOnlyList<IpPrefix> guarded = KillSwitch.Guarded(options);
            KillSwitch.Release(options, guarded, null);
            HashSet<IpPrefix> left = [.. KillSwitch.Guarded(options)];
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
