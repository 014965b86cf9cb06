using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>What a download does about its losses: rates, and what they are made of. Deterministic, compared exactly.</summary>
/// <remarks>
/// <para>NETCONTROL_UPDATE_SNAPSHOTS=1 writes the table anew; a change of it is to be read and explained, not waved through.</para>
/// <para>"each": segments arrive one by one. "batch": together, once a millisecond (20 us where the round trip is 100 us), as a busy host reads
/// them. "whole": a loss takes a super-segment, as it does on a TUN.</para>
/// </remarks>
public sealed class LossProfileTests
{
    private const int Runs = 20;

    [Fact]
    public void Losses_OverAFewKindsOfLink_AreMendedAsTheTableSays()
    {
        string path = SnapshotPath();
        string actual = Table();
        if (Environment.GetEnvironmentVariable("NETCONTROL_UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual);
    }

    [Theory]
    [InlineData(0.001, 0)]
    [InlineData(0.001, 1000)]
    [InlineData(0.01, 0)]
    [InlineData(0.01, 1000)]
    [InlineData(0.03, 0)]
    [InlineData(0.03, 1000)]
    public void RandomLoss_LongTransfer_ReachesTheResponseFunction(double loss, int batch)
    {
        // RFC 9438 section 5.2: where CUBIC is as Reno is, the mean window is sqrt(1.5 / p) segments. What is lost meanwhile, and timeouts, cost some.
        const int Rtt = 20_000;
        const long Bytes = 12 << 20;
        SimulatedLinkOptions down = new() { DelayMicros = Rtt / 2, Loss = loss, BatchMicros = batch };
        SimulatedHostOptions host = new() { Tcp = new TcpParameters { MaxSuperSegment = 65_000 } };
        TcpSimulation simulation = new(5, host, host with { BytesToSend = Bytes }, down with { Loss = 0 }, down);
        Instant start = simulation.Now;
        simulation.Start();
        simulation.RunUntil(static s => s.Client.Received == Bytes, 1000);
        double segmentsPerRtt = Bytes / 1448.0 / (simulation.Now - start) * (Rtt + batch);
        Assert.InRange(segmentsPerRtt / Math.Sqrt(1.5 / loss), 0.8, 1.6);
    }

    private static string Table()
    {
        StringBuilder table = new(
            "# 20 downloads each: Mbit/s, and for each of them: timeouts, tail probes, recoveries, segments sent again, of these needless, reductions undone\n");
        table.Append("link                          median    mean  timeout  probe  recovery  again  needless  undone\n");
        foreach (bool batch in (bool[])[false, true])
        {
            Append(table, 2, 0.01, 1_000_000, batch);
            Append(table, 20, 0.01, 1_000_000, batch);
            Append(table, 100, 0.01, 1_000_000, batch);
            Append(table, 2, 0.05, 1_000_000, batch);
            Append(table, 20, 0.05, 1_000_000, batch);
            Append(table, 20, 0.2, 200_000, batch);
            AppendWhole(table, 0.01, 10_000_000, batch);
            AppendWhole(table, 0.05, 1_000_000, batch);
            AppendWhole(table, 0.2, 100_000, batch);
        }

        return table.ToString();
    }

    private static void Append(StringBuilder table, int rtt, double loss, long bytes, bool batch) =>
        Append(table, string.Create(CultureInfo.InvariantCulture, $"{rtt} ms, {loss * 100} %"), bytes, batch, new SimulatedLinkOptions
        {
            BitsPerSecond = 1_000_000_000,
            DelayMicros = rtt * 500,
            Loss = loss,
            QueueBytes = 1 << 20,
            BatchMicros = batch ? 1000 : 0,
        });

    private static void AppendWhole(StringBuilder table, double loss, long bytes, bool batch) =>
        Append(table, string.Create(CultureInfo.InvariantCulture, $"0.1 ms, {loss * 100} % whole"), bytes, batch, new SimulatedLinkOptions
        {
            BitsPerSecond = 10_000_000_000,
            DelayMicros = 50,
            Loss = loss,
            LoseWhole = true,
            BatchMicros = batch ? 20 : 0,
        });

    private static void Append(StringBuilder table, string name, long bytes, bool batch, SimulatedLinkOptions link)
    {
        double[] rates = new double[Runs];
        double seconds = 0;
        long timeouts = 0, probes = 0, recoveries = 0, again = 0, needless = 0, undone = 0;
        SimulatedHostOptions host = new() { Tcp = new TcpParameters { MaxSuperSegment = 65_000 } };
        for (int i = 0; i < Runs; i++)
        {
            TcpSimulation simulation = new((ulong)i + 1, host, host with { BytesToSend = bytes }, link);
            simulation.Start();
            simulation.RunUntil(static s => s.Client.Connection.State >= TcpState.Established, 1000);
            Instant start = simulation.Now;
            simulation.RunUntil(s => s.Client.Received == bytes, 1000);
            double taken = (simulation.Now - start) / 1e6;
            rates[i] = bytes * 8e-6 / taken;
            seconds += taken;
            TcpConnection sender = simulation.Server.Connection;
            timeouts += sender.Timeouts;
            probes += sender.TailProbes;
            recoveries += sender.Recoveries;
            again += (simulation.Server.Sent - bytes) / 1448;
            needless += (simulation.Client.Arrived - bytes) / 1448;
            undone += sender.Undos;
            simulation.AssertNothingLeaks();
        }

        Array.Sort(rates);
        table.Append(CultureInfo.InvariantCulture, $"{name,-19} {(batch ? "batch" : "each"),-5} {rates[Runs / 2],10:F2} {Runs * bytes * 8e-6 / seconds,7:F2}  ");
        table.Append(CultureInfo.InvariantCulture, $"{Each(timeouts),7:F2}  {Each(probes),5:F2}  {Each(recoveries),8:F2}  {Each(again),5:F1}  ");
        table.Append(CultureInfo.InvariantCulture, $"{Each(needless),8:F2}  {Each(undone),6:F2}\n");
    }

    private static double Each(long count) => count / (double)Runs;

    private static string SnapshotPath([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "LossProfile.snapshot.txt");
}
