using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Grpc.Core;
using NetControl.EndToEnd.Tests.Crash;

namespace NetControl.EndToEnd.Tests;

/// <summary>netcontrold is killed at random moments while an orchestrator changes everything: what was acknowledged is there after the
/// restart, what was not is there or is not, and the kernel has what the state says and nothing else.</summary>
/// <remarks>
/// <c>NETCONTROL_CRASHES</c> says how often it is killed, <c>NETCONTROL_SEED</c> repeats a run's choices (not its timing). Each kill costs a
/// start of the process, so the default is what fits a minute with the build that is not native; with <c>NETCONTROLD</c> naming the native
/// one 200 take no longer. <c>.ci/run</c> kills both builds.
/// </remarks>
public sealed class CrashTests
{
    private const int LongestRunMillis = 250;
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private readonly List<string> _story = [];
    private readonly List<TimeSpan> _untilTraffic = [];

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task Killed_AtRandomMoments_ComesBackWithExactlyWhatWasAcknowledged()
    {
        int crashes = Number("NETCONTROL_CRASHES", 50);
        int seed = Number("NETCONTROL_SEED", Random.Shared.Next());
        await using World world = World.Create();
        try
        {
            world.StartServers();
            world.Client.Ip("tuntap", "add", "dev", "t2", "mode", "tun", "vnet_hdr"); // header flags that a killed process has no time to set back
            world.Client.Execute("sysctl", "-qw", "net.ipv6.conf.t2.disable_ipv6=1");
            world.Client.Ip("link", "set", "t2", "up");
            string before = world.KernelState();
            await RunAsync(world, new Random(seed), crashes);
            Assert.Equal(0, await world.Daemon.TerminateAsync());
            Assert.Equal(before, world.KernelState());
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"seed {seed}: {crashes} crashes, {_story.Count} mutations, traffic after the ready line: median {Median()}, worst {_untilTraffic.Max()}");
        }
        catch (Exception e)
        {
            string said = string.Join('\n', world.DaemonErrors.Split('\n').TakeLast(40));
            throw new InvalidOperationException(
                $"NETCONTROL_SEED={seed}: {e.Message}\nThe last changes:\n{string.Join('\n', _story.TakeLast(8))}\nnetcontrold said:\n{said}", e);
        }
    }

    private async Task RunAsync(World world, Random random, int crashes)
    {
        MutationSource source = new(random);
        ModelState known = ModelState.Empty;
        Mutation? unacknowledged = source.Start(known);
        for (int crash = 0; crash <= crashes; crash++)
        {
            if (random.Next(10) == 0)
            {
                // Also while it starts; the state is whatever it was.
                world.LaunchDaemonWith(world.ListenOnly, Options(world));
                await Task.Delay(random.Next(1200));
                await world.Daemon.KillAsync();
            }

            await world.StartDaemonAsync(world.ListenOnly, Options(world));
            long ready = Stopwatch.GetTimestamp();
            if (known.Revision > 0)
            {
                using Socket socket = world.Tcp();
                await socket.ConnectAsync(World.Echo4);
                await socket.EchoAsync();
                _untilTraffic.Add(Stopwatch.GetElapsedTime(ready));
            }

            known = await ReconcileAsync(world, known, unacknowledged);
            unacknowledged = null;
            CheckKernel(world, known);
            if (crash < crashes)
            {
                (known, unacknowledged) = await MutateUntilKilledAsync(world, source, known, random.Next(LongestRunMillis));
            }
        }

        Assert.True(Median() < s_second, $"traffic passed {Median()} after the ready line in the median");
    }

    /// <summary>Checks what came back, and sends once more what was not acknowledged.</summary>
    private static async Task<ModelState> ReconcileAsync(World world, ModelState known, Mutation? unacknowledged)
    {
        ModelState actual = await ModelState.ReadAsync(world.Api);
        ModelState without = known.AfterRestart();
        string missing = without.Compare(actual);
        if (unacknowledged is null)
        {
            Assert.True(missing.Length == 0, $"what was acknowledged is not there:\n{missing}");
            return without.Learn(actual.Uids());
        }

        ModelState with = unacknowledged.After.AfterRestart();
        string half = with.Compare(actual);
        Assert.True(missing.Length == 0 || half.Length == 0,
            $"neither with nor without the last change ({unacknowledged.Text}).\nWithout:\n{missing}\nWith:\n{half}");
        IReadOnlyDictionary<string, string> uids;
        try
        {
            uids = await unacknowledged.Send(world.Api);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound && unacknowledged.Settles && missing.Length == 0)
        {
            // The restart took back what this would have settled, and says so.
            return without.Learn(actual.Uids());
        }

        // One that was committed is answered from memory, and changes nothing; one that was not happens now.
        ModelState expected = half.Length == 0 ? with : unacknowledged.After;
        ModelState now = await ModelState.ReadAsync(world.Api);
        string difference = expected.Compare(now);
        Assert.True(difference.Length == 0, $"after repeating ({unacknowledged.Text}):\n{difference}");
        return expected.Learn(now.Uids()).Learn(uids);
    }

    private async Task<(ModelState Known, Mutation? Unacknowledged)> MutateUntilKilledAsync(
        World world, MutationSource source, ModelState known, int millis)
    {
        Task killed = KillLaterAsync(world, millis);
        while (true)
        {
            Mutation next = source.Next(known);
            _story.Add($"{known.Revision}: {next.Text}");
            IReadOnlyDictionary<string, string> uids;
            try
            {
                uids = await next.Send(world.Api);
            }
            catch (RpcException e) when (IsBroken(e))
            {
                await ExpectKillAsync(killed, e);
                return (known, next);
            }

            known = next.After.Learn(uids);
            if (known.Resources.Values.Any(r => r.Uid.Length == 0))
            {
                try
                {
                    ModelState actual = await ModelState.ReadAsync(world.Api);
                    string difference = known.Compare(actual);
                    Assert.True(difference.Length == 0, $"at once after ({next.Text}):\n{difference}");
                    known = known.Learn(actual.Uids());
                }
                catch (RpcException e) when (IsBroken(e))
                {
                    await ExpectKillAsync(killed, e);
                    return (known, null);
                }
            }
        }
    }

    private static bool IsBroken(RpcException e) =>
        e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown;

    private static async Task ExpectKillAsync(Task killed, RpcException e)
    {
        if (await Task.WhenAny(killed, Task.Delay(TimeSpan.FromSeconds(5))) != killed)
        {
            throw new InvalidOperationException("a call broke although netcontrold was not killed", e);
        }
    }

    private static async Task KillLaterAsync(World world, int millis)
    {
        await Task.Delay(millis);
        await world.Daemon.KillAsync();
    }

    private static void CheckKernel(World world, ModelState known)
    {
        string expected = string.Join('\n', known.KernelLines().Order(StringComparer.Ordinal));
        string actual = string.Join('\n', KernelView.Read(world.Client).Order(StringComparer.Ordinal));
        Assert.Equal(expected, actual);
    }

    private static string[] Options(World world) => ["--state", Path.Combine(world.Folder, "state.db"), "--loops", "1"];

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private TimeSpan Median() => _untilTraffic.Order().ElementAt(_untilTraffic.Count / 2);
}
