using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>The data path allocates nothing once it is warm: both directions, lossless and lossy.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(0.0, int.MaxValue)]
    [InlineData(0.0, 0)]
    [InlineData(0.01, 500)]
    public void EstablishedConnection_MovesBytesWithoutAllocating(double loss, int directLimit)
    {
        SimulatedHostOptions host = new()
        {
            Tcp = new TcpParameters { MaxSuperSegment = 20_000, MaxBuffer = 256 << 10 },
            BytesToSend = long.MaxValue,
            DirectLimit = directLimit,
        };
        SimulatedLinkOptions link = new() { BitsPerSecond = 1_000_000_000, Loss = loss };
        TcpSimulation simulation = new(3, host, host, link);
        simulation.Reserve(2000);
        simulation.Start();
        Func<TcpSimulation, bool> warm = static s => s.Client.Received > 6 << 20 && s.Server.Received > 6 << 20;
        Func<TcpSimulation, bool> done = static s => s.Client.Received > 8 << 20 && s.Server.Received > 8 << 20;
        simulation.RunUntil(warm, 1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        simulation.RunUntil(done, 1000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        simulation.AssertNothingLeaks();
    }

    [Fact]
    public void AConnectionReused_AllocatesNothing()
    {
        // Pooled connections: the arrays of the first life serve the next.
        using TcpScript s = TcpScript.Established();
        s.Write(100_000).In("A 1001:2001 ack 1").In("A 3001:4001 ack 1").In("A 1 ack 1 sack 1001:2001");
        s.Connection.Drop();
        Assert.Equal(0, s.Pool.BytesInUse);
        s.Connection.Reset(s.Parameters);
        Assert.Equal(TcpState.Closed, s.State);
        Assert.Equal(0, s.Connection.Snapshot().Retransmits);
        Assert.Equal(0, s.Connection.Snapshot().SmoothedRttMicros);
    }
}
