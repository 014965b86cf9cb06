using NetControl.Testing;

namespace NetControl.Network.Tests;

public sealed class IdleTimeoutPacketProxyTests
{
    private static readonly AddrPort s_destination = AddrPort.Parse("192.0.2.1:7");
    private readonly ManualTimeProvider _time = new();
    private readonly FakePacketListener _listener = new();
    private readonly RecordingReceiver _receiver = new();

    [Fact]
    public void Timeout_EndsTheSessionAndTheInnerOne()
    {
        IPacketRequestSender sender = Start(TimeSpan.FromMilliseconds(50));
        _time.Advance(TimeSpan.FromMilliseconds(100));
        NetworkAssert.Closed(() => sender.WriteTo([1], s_destination));
        NetworkAssert.Closed(sender.Close);
        Assert.Equal((1, 1), (_listener.Last.Disposals, _receiver.CloseCalls));
        Assert.Equal(PacketSessionEnd.Idle, ((IPacketSessionOutcome)sender).End);
    }

    [Fact]
    public void Timeout_IsResetBySending()
    {
        IPacketRequestSender sender = Start(TimeSpan.FromMilliseconds(100));
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            Assert.Equal(1, sender.WriteTo([1], s_destination));
        }

        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, _listener.Last.Disposals);
        _time.Advance(TimeSpan.FromMilliseconds(51));
        NetworkAssert.Closed(() => sender.WriteTo([1], s_destination));
    }

    [Fact]
    public void Timeout_IsResetByAnAttemptThatFails()
    {
        IPacketRequestSender sender = Start(TimeSpan.FromMilliseconds(100));
        _time.Advance(TimeSpan.FromMilliseconds(60));
        _listener.Last.SendError = NetworkError.MessageTooLarge;
        NetworkAssert.Fails(NetworkError.MessageTooLarge, () => sender.WriteTo([1], s_destination));
        _time.Advance(TimeSpan.FromMilliseconds(60));
        Assert.Equal(0, _listener.Last.Disposals);
    }

    [Fact]
    public void Timeout_IsNotResetByReceiving()
    {
        IPacketRequestSender sender = Start(TimeSpan.FromMilliseconds(100));
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(40));
            _listener.Last.Handler.OnPacket([1], s_destination);
        }

        NetworkAssert.Closed(() => sender.WriteTo([1], s_destination));
        Assert.Equal(2, _receiver.Received.Count);
    }

    [Fact]
    public void Close_Twice_IsRefused_AndLeavesNoTimer()
    {
        IPacketRequestSender sender = Start(TimeSpan.FromSeconds(1));
        sender.Close();
        NetworkAssert.Closed(sender.Close);
        NetworkAssert.Closed(() => sender.WriteTo([1], s_destination));
        Assert.Equal((0, 1), (_time.ArmedTimers, _receiver.CloseCalls));
        Assert.Equal(PacketSessionEnd.Closed, ((IPacketSessionOutcome)sender).End);
    }

    [Fact]
    public void Outcome_OfTheInnerSession_ShowsThrough()
    {
        IPacketRequestSender sender = Start(TimeSpan.FromSeconds(1));
        var error = new IOException("gone");
        _listener.Last.Handler.OnClosed(error);
        Assert.Equal(PacketSessionEnd.UpstreamFailed, ((IPacketSessionOutcome)sender).End);
        Assert.Same(error, ((IPacketSessionOutcome)sender).Failure);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((0, 1), (_time.ArmedTimers, _receiver.CloseCalls));
    }

    [Fact]
    public void Constructor_RefusesNullAndNoTime()
    {
        IPacketProxy inner = new PacketListenerProxy(_listener);
        Assert.Throws<ArgumentNullException>(() => new IdleTimeoutPacketProxy(null!, TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IdleTimeoutPacketProxy(inner, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IdleTimeoutPacketProxy(inner, TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public void NewSession_WithoutReceiver_IsTheInnerProxysToRefuse() => Assert.Throws<ArgumentNullException>(
        () => new IdleTimeoutPacketProxy(new PacketListenerProxy(_listener), TimeSpan.FromSeconds(1)).NewSession(null!));

    // The inner proxy's own limit is an hour away, on another clock.
    private IPacketRequestSender Start(TimeSpan timeout) => new IdleTimeoutPacketProxy(
        new PacketListenerProxy(_listener, new PacketListenerProxyOptions { WriteIdleTimeout = TimeSpan.FromHours(1) }), timeout, _time)
        .NewSession(_receiver);
}
