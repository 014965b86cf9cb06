using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Goodput over loss, reordering, duplication, round trip and buffer, with every byte checked: deterministic, compared exactly.</summary>
/// <remarks>NETCONTROL_UPDATE_SNAPSHOTS=1 writes the table anew; a change of it is to be read and explained, not waved through.</remarks>
public sealed class GoodputTests
{
    private const int Runs = 3;

    [Fact]
    public void Goodput_OverEveryKindOfLink_IsTheTable()
    {
        string path = SnapshotPath();
        string actual = Table();
        if (Environment.GetEnvironmentVariable("NETCONTROL_UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual);
    }

    private static string Table()
    {
        StringBuilder table = new("# Mbit/s of one direction over 1 Gbit/s; loss, reordering and duplication both ways\n");
        table.Append("loss%  reorder%  dup%  rtt ms  buffer KiB    goodput\n");
        foreach (double loss in (double[])[0, 0.01, 0.05, 0.2])
        {
            foreach (double reorder in (double[])[0, 0.1])
            {
                foreach (double twice in (double[])[0, 0.05])
                {
                    foreach (int rtt in (int[])[1, 20, 100])
                    {
                        foreach (int queue in (int[])[64, 1024])
                        {
                            string rate = Rate(loss, reorder, twice, rtt, queue).ToString("F2", CultureInfo.InvariantCulture);
                            table.Append(CultureInfo.InvariantCulture, $"{loss * 100,5}  {reorder * 100,8}  {twice * 100,4}  {rtt,6}  {queue,10}  ");
                            table.Append(CultureInfo.InvariantCulture, $"{rate,9}\n");
                        }
                    }
                }
            }
        }

        return table.ToString();
    }

    private static double Rate(double loss, double reorder, double twice, int rtt, int queueKiB)
    {
        SimulatedLinkOptions link = new()
        {
            BitsPerSecond = 1_000_000_000,
            DelayMicros = rtt * 500,
            QueueBytes = queueKiB << 10,
            Loss = loss,
            Reordering = reorder,
            ReorderMicros = rtt * 500,
            Duplication = twice,
        };
        long bytes = loss >= 0.05 ? 1 << 20 : 4 << 20;
        long micros = 0;
        long received = 0;
        SimulatedHostOptions host = new() { Tcp = new TcpParameters { MaxSuperSegment = 65_000 } };
        for (ulong seed = 1; seed <= Runs; seed++)
        {
            TcpSimulation simulation = new(seed, host with { BytesToSend = bytes }, host, link);
            Instant start = simulation.Now;
            simulation.Start();
            simulation.RunUntil(s => s.Server.Received == bytes || s.Client.Connection.State == TcpState.Closed, 2000);
            micros += simulation.Now - start;
            received += simulation.Server.Received;
            simulation.AssertNothingLeaks();
        }

        return received * 8.0 / micros;
    }

    private static string SnapshotPath([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "Goodput.snapshot.txt");
}
