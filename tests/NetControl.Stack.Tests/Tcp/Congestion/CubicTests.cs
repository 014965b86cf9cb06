using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Stack.Tcp.Congestion;

namespace NetControl.Stack.Tests.Tcp.Congestion;

/// <summary>RFC 9438 by its sections.</summary>
public sealed class CubicTests
{
    private const int Mss = 1000;

    [Fact]
    public void Start_SlowStart_DoublesInARoundTrip()
    {
        Cubic cubic = new();
        cubic.Start(Mss);
        Assert.Equal(10_000, cubic.Window);
        cubic.OnAck(10_000, filled: true, 100_000, new Instant(100_000));
        Assert.Equal(20_000, cubic.Window);
    }

    [Fact]
    public void Loss_LeavesSevenTenths()
    {
        // 4.6
        Cubic cubic = Grown(100_000);
        cubic.OnLoss(100_000, default);
        cubic.OnRecovered();
        Assert.Equal(70_000, cubic.Window);
        Assert.Equal(70_000, cubic.SlowStartThreshold);
    }

    [Fact]
    public void AfterALoss_TheOldWindowIsReachedAfterK_FromBelowThenExceeded()
    {
        // 4.2: K = cbrt((100 - 70) / 0.4) = 4.2 s.
        Cubic cubic = Grown(100_000);
        cubic.OnLoss(100_000, default);
        cubic.OnRecovered();
        Run(cubic, 0, 4.2, 0.1);
        Assert.InRange(cubic.Window, 98_000, 101_000);
        long plateau = cubic.Window;
        Run(cubic, 4.2, 8.4, 0.1);
        Assert.InRange(cubic.Window, plateau + 25_000, plateau + 40_000);
    }

    [Fact]
    public void SecondLossBelowThePlateau_LowersIt()
    {
        // 4.7, fast convergence: at 70 of 100 the next plateau is 70 * 0.85 = 59.5, reached after cbrt(10.5 / 0.4) = 2.97 s.
        Cubic cubic = Grown(100_000);
        cubic.OnLoss(100_000, default);
        cubic.OnLoss(70_000, default);
        cubic.OnRecovered();
        Assert.Equal(49_000, cubic.Window);
        Run(cubic, 0, 3, 0.3);
        Assert.InRange(cubic.Window, 57_000, 61_000);
    }

    [Fact]
    public void ShortRoundTrip_GrowsAsRenoWould()
    {
        // 4.3: at 1 ms the curve is far flatter than 0.53 segments per round trip.
        Cubic cubic = Grown(20_000);
        cubic.OnLoss(20_000, default);
        cubic.OnRecovered();
        Assert.Equal(14_000, cubic.Window);
        Run(cubic, 0, 0.01, 0.001);
        Assert.InRange(cubic.Window, 14_000 + (4 * Mss), 14_000 + (7 * Mss));
    }

    [Fact]
    public void ApplicationLimited_TheWindowStays_AndTheTimeDoesNotCount()
    {
        // 5.8
        Cubic cubic = Grown(100_000);
        cubic.OnLoss(100_000, default);
        cubic.OnRecovered();
        Run(cubic, 0, 1, 0.1);
        long window = cubic.Window;
        for (int i = 0; i < 1000; i++)
        {
            cubic.OnAck(1000, filled: false, 100_000, new Instant(1_000_000 + (i * 100_000)));
        }

        Assert.Equal(window, cubic.Window);
        cubic.OnAck(window, filled: true, 100_000, new Instant(101_000_000));
        Assert.InRange(cubic.Window, window, window + (4 * Mss));
    }

    [Fact]
    public void Timeout_StartsAtOneSegment_WithTheThresholdAtSevenTenths()
    {
        // 4.8
        Cubic cubic = Grown(100_000);
        cubic.OnTimeout(100_000, first: true);
        cubic.OnTimeout(1000, first: false);
        Assert.Equal(Mss, cubic.Window);
        Assert.Equal(70_000, cubic.SlowStartThreshold);
    }

    [Fact]
    public void PooledConnection_TakesTheAlgorithmOfItsNextDevice()
    {
        TcpParameters cubic = new();
        TcpParameters reno = new() { CongestionControl = CongestionAlgorithm.NewReno };
        TcpConnection connection = new(new ChunkPool(1 << 20), reno);
        Assert.IsType<NewReno>(connection.Congestion);
        long before = GC.GetAllocatedBytesForCurrentThread();
        connection.Reset(cubic);
        ICongestionControl chosen = connection.Congestion;
        connection.Reset(reno);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.IsType<Cubic>(chosen);
        Assert.IsType<NewReno>(connection.Congestion);
    }

    private static Cubic Grown(int window)
    {
        Cubic cubic = new();
        cubic.Start(Mss);
        cubic.OnAck(window - cubic.Window, filled: true, 100_000, default);
        return cubic;
    }

    private static void Run(Cubic cubic, double from, double to, double rtt)
    {
        for (double t = from; t < to; t += rtt)
        {
            cubic.OnAck(cubic.Window, filled: true, (long)(rtt * 1e6), new Instant((long)(t * 1e6)));
        }
    }
}
