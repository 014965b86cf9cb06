using CsCheck;
using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Two machines over a hostile link: every byte, in order, in both directions, and always an end.</summary>
/// <remarks>NETCONTROL_TEST_SCALE multiplies the number of runs.</remarks>
public sealed class SimulationTests
{
    private static readonly int Scale =
        int.TryParse(Environment.GetEnvironmentVariable("NETCONTROL_TEST_SCALE"), out int scale) ? Math.Max(1, scale) : 1;

    private static readonly Gen<TcpParameters> Parameters = Gen.Select(
        OneOf(1460, 1460, 536, 100),
        OneOf(0, 0, 4000, 65_000),
        OneOf(2000, 10_000, 65_535, 256 << 10),
        OneOf(2000, 20_000, 300_000, 4 << 20))
        .Select(static (mss, super, initial, max) => new TcpParameters
        {
            MssV4 = mss,
            MaxSuperSegment = super,
            KeepAliveMicros = 60_000_000, // or a peer that gave up in silence leaves us waiting for two hours
            InitialReceiveWindow = initial,
            MaxBuffer = max,
        });

    private static readonly Gen<SimulatedHostOptions> Hosts = Gen.Select(
        Parameters,
        OneOf(0L, 1L, 3000L, 40_000L, 200_000L),
        OneOf(0, 1, 700, int.MaxValue),
        OneOf(100, 1500, int.MaxValue),
        OneOf(1, 900, 30_000, int.MaxValue),
        OneOf(0.0, 0.02, 0.3),
        OneOf(3 << 14, 1 << 18, 64 << 20))
        .Select(static (tcp, bytes, direct, read, write, pause, budget) => new SimulatedHostOptions
        {
            Tcp = tcp,
            BytesToSend = write == 1 ? Math.Min(bytes, 3000) : bytes,
            DirectLimit = direct,
            ReadPiece = read,
            WritePiece = write,
            PauseProbability = pause,
            PoolBudget = budget,
        });

    private static readonly Gen<SimulatedLinkOptions> Links = Gen.Select(
        OneOf(0, 200, 20_000),
        OneOf(0.0, 0.01, 0.1, 0.25),
        OneOf(0.0, 0.05),
        OneOf(0.0, 0.1, 0.5),
        OneOf(0L, 100_000_000L),
        OneOf(10_000, int.MaxValue))
        .Select(static (delay, loss, twice, reorder, rate, queue) => new SimulatedLinkOptions
        {
            DelayMicros = delay,
            Loss = loss,
            Duplication = twice,
            Reordering = reorder,
            BitsPerSecond = rate,
            QueueBytes = queue,
        });

    [Fact]
    public void AnyLink_AnyApplication_DeliversEverythingOrSaysThatItFailed()
    {
        Gen.Select(Gen.ULong, Hosts, Hosts, Links, Links).Sample(
            static (seed, client, server, up, down) =>
            {
                TcpSimulation simulation = new(seed, client, server, up, down);
                simulation.RunToEnd();
                const TcpEvents Failed = TcpEvents.Reset | TcpEvents.TimedOut;
                SimulatedHost a = simulation.Client;
                SimulatedHost b = simulation.Server;
                if (((a.Events | b.Events) & Failed) == 0)
                {
                    Assert.True(a.SawEnd && b.SawEnd, "both saw the end");
                    Assert.Equal(client.BytesToSend, b.Received);
                    Assert.Equal(server.BytesToSend, a.Received);
                }
                else
                {
                    // Only a link that loses much may fail a connection, and then it has said so.
                    Assert.True(up.Loss >= 0.1 || down.Loss >= 0.1, $"failed for no reason: {a.Events} / {b.Events}");
                }

                simulation.AssertNothingLeaks();
            },
            iter: 300 * Scale,
            threads: 1);
    }

    [Fact]
    public void AnyLink_OneSideAborts_BothEndAndNothingLeaks()
    {
        Gen.Select(Gen.ULong, Hosts, Hosts, Links, Gen.Int[0, 30_000]).Sample(
            static (seed, client, server, link, after) =>
            {
                TcpSimulation simulation = new(seed, client, server with { AbortAfter = after }, link);
                simulation.RunToEnd();
                simulation.AssertNothingLeaks();
            },
            iter: 100 * Scale,
            threads: 1);
    }

    [Fact]
    public void LinkThatOnlyLoses_NothingIsSentAgainForNothing_ButByProbesAndTimeouts() =>
        Gen.Select(Gen.ULong, Gen.Int[20, 20_000], Gen.Double[0, 0.15], Gen.Bool, Gen.Int[0, 3]).Sample(
            static (seed, delay, loss, whole, batch) =>
            {
                const long Bytes = 400_000;
                SimulatedLinkOptions down = new()
                {
                    BitsPerSecond = 1_000_000_000,
                    DelayMicros = delay,
                    Loss = loss,
                    LoseWhole = whole,
                    BatchMicros = delay * batch / 3,
                };
                SimulatedHostOptions host = new() { Tcp = new TcpParameters { MaxSuperSegment = 65_000 } };
                TcpSimulation simulation = new(seed, host, host with { BytesToSend = Bytes }, down with { Loss = 0 }, down);
                simulation.Start();
                simulation.RunUntil(static s => s.Client.Received == Bytes, 2000);
                TcpConnection sender = simulation.Server.Connection;
                if (sender.Timeouts == 0 && sender.TailProbes == 0)
                {
                    Assert.Equal(Bytes, simulation.Client.Arrived);
                    Assert.Equal(0, sender.Undos);
                }
            },
            iter: 200 * Scale,
            threads: 1);

    [Fact]
    public void CleanLink_IsFilled()
    {
        // 1 Gbit/s, 1 ms: the link is the limit, not the machine.
        SimulatedLinkOptions link = new() { BitsPerSecond = 1_000_000_000, DelayMicros = 500 };
        double seconds = Seconds(link, 60 << 20, out TcpSimulation simulation);
        double linkSeconds = (60 << 20) * 8.0 / 1e9 * (1500.0 / 1448);
        Assert.InRange(seconds, linkSeconds, linkSeconds * 1.1);
        Assert.Equal(0, simulation.Client.Connection.Retransmits);
    }

    [Fact]
    public void CleanLink_IsFilled_WithSuperSegments()
    {
        SimulatedLinkOptions link = new() { BitsPerSecond = 1_000_000_000, DelayMicros = 500 };
        double seconds = Seconds(link, 60 << 20, out _, new TcpParameters { MaxSuperSegment = 65_000 });
        double linkSeconds = (60 << 20) * 8.0 / 1e9 * (1500.0 / 1448);
        Assert.InRange(seconds, linkSeconds, linkSeconds * 1.1);
    }

    [Theory]
    [InlineData(0, 500, int.MaxValue, 800)]
    [InlineData(0, 500, 64 << 10, 450)]
    [InlineData(0, 10_000, 256 << 10, 80)]
    [InlineData(0.001, 500, int.MaxValue, 250)]
    [InlineData(0.01, 500, int.MaxValue, 80)]
    [InlineData(0.01, 5000, int.MaxValue, 8)]
    [InlineData(0.05, 500, int.MaxValue, 5)]
    public void LossBufferAndDelay_LeaveAtLeastSoManyMegabitsPerSecond(double loss, int delay, int queue, double atLeast)
    {
        SimulatedLinkOptions link = new() { BitsPerSecond = 1_000_000_000, DelayMicros = delay, Loss = loss, QueueBytes = queue };
        long bytes = loss > 0.005 ? 4 << 20 : 32 << 20;
        double seconds = Seconds(link, bytes, out _);
        double rate = bytes * 8 / 1e6 / seconds;
        TestContext.Current.SendDiagnosticMessage($"loss {loss} delay {delay} queue {queue}: {rate:F0} Mbit/s");
        Assert.True(rate >= atLeast, $"only {rate:F1} Mbit/s");
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static double Seconds(SimulatedLinkOptions link, long bytes, out TcpSimulation simulation, TcpParameters? tcp = null)
    {
        tcp ??= new TcpParameters();
        SimulatedHostOptions server = new() { Tcp = tcp };
        simulation = new TcpSimulation(7, server with { BytesToSend = bytes }, server, link);
        Instant start = simulation.Now;
        simulation.Start();
        simulation.RunUntil(s => s.Server.Received == bytes, 1000);
        return (simulation.Now - start) / 1e6;
    }
}
