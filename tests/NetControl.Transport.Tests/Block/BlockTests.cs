using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Block;

namespace NetControl.Transport.Tests.Block;

public sealed class BlockTests
{
    private static readonly HostPort Destination = HostPort.Parse("192.0.2.1:443");

    [Theory]
    [InlineData(BlockReason.Prohibited, DialFailure.NotAllowed)]
    [InlineData(BlockReason.Refused, DialFailure.Refused)]
    [InlineData(BlockReason.Unreachable, DialFailure.HostUnreachable)]
    public async Task Everything_IsRefusedForTheReason(BlockReason reason, DialFailure failure)
    {
        DialException stream = await Assert.ThrowsAsync<DialException>(() => new BlockStreamDialer(reason).DialAsync(Destination).AsTask());
        DialException packets = await Assert.ThrowsAsync<DialException>(() => new BlockPacketListener(reason).ListenAsync().AsTask());
        Assert.Equal([failure, failure], [stream.Failure, packets.Failure]);
    }

    [Fact]
    public async Task Timeout_StreamIsLeftWithoutAnAnswer_UntilTheTimeIsOver()
    {
        ManualTimeProvider time = new();
        Task<IStreamConnection> dial = new BlockStreamDialer(BlockReason.Timeout, time).DialAsync(Destination).AsTask();
        time.Advance(BlockStreamDialer.Patience - TimeSpan.FromSeconds(1));
        Assert.False(dial.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        DialException e = await Assert.ThrowsAsync<DialException>(() => dial.WaitAsync(StreamExtensions.Patience));
        Assert.Equal(DialFailure.TimedOut, e.Failure);
        Assert.Equal(0, time.ArmedTimers);
    }

    [Fact]
    public void Timeout_CallerGoesAway_EndsInsideTheCancellation()
    {
        LoopThread.Run(() =>
        {
            ManualTimeProvider time = new();
            using CancellationTokenSource source = new();
            Task<IStreamConnection> dial = new BlockStreamDialer(BlockReason.Timeout, time).DialAsync(Destination, source.Token).AsTask();
            source.Cancel();
            Assert.True(dial.IsCanceled);
            Assert.Equal(0, time.ArmedTimers);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Timeout_PacketsAreLost_AndTheEndIsToldOnce(bool listensFirst)
    {
        IPacketConnection connection = await new BlockPacketListener(BlockReason.Timeout).ListenAsync();
        PacketRecorder handler = new();
        if (listensFirst)
        {
            connection.Receive(handler);
        }

        Assert.False(connection.Send([1], AddrPort.Parse("192.0.2.1:53")));
        connection.Dispose();
        connection.Dispose();
        if (!listensFirst)
        {
            connection.Receive(handler);
        }

        Assert.Null(await handler.Closed);
        Assert.Equal(1, handler.Closes);
        Assert.Throws<NetworkException>(() => connection.Send([1], AddrPort.Parse("192.0.2.1:53")));
    }
}
