using NetControl.Testing;

namespace NetControl.Network.Tests;

/// <summary>Sessions whose listener has to talk to a proxy before there is a socket.</summary>
public sealed class PacketListenerProxyOpeningTests
{
    private static readonly AddrPort Destination = AddrPort.Parse("192.0.2.1:53");

    private readonly ManualTimeProvider _clock = new();
    private readonly RecordingReceiver _receiver = new();
    private readonly FakePacketConnection _connection = new();
    private readonly TaskCompletionSource<IPacketConnection> _opening = new();
    private readonly IPacketRequestSender _sender;

    public PacketListenerProxyOpeningTests()
    {
        var options = new PacketListenerProxyOptions { TimeProvider = _clock, OpeningQueueLength = 3 };
        _sender = new PacketListenerProxy(new FakePacketListener { Opening = _opening }, options).NewSession(_receiver);
    }

    [Fact]
    public void Opened_Later_SendsWhatWaitedInOrder()
    {
        byte[] buffer = [1];
        _sender.WriteTo(buffer, Destination);
        buffer[0] = 2;
        _sender.WriteTo(buffer, Destination);
        _opening.SetResult(_connection);
        buffer[0] = 3;
        _sender.WriteTo(buffer, Destination);
        Assert.Equal([1, 2, 3], _connection.Sent.Select(sent => (int)sent.Payload[0]));
    }

    [Fact]
    public void Opened_Later_Receives()
    {
        _opening.SetResult(_connection);
        _connection.Handler.OnPacket([7], Destination);
        Assert.Equal([7], Assert.Single(_receiver.Received).Payload);
    }

    [Fact]
    public void Opening_MoreThanTheQueueHolds_DropsTheNewest()
    {
        for (byte i = 0; i < 5; i++)
        {
            Assert.Equal(1, _sender.WriteTo([i], Destination));
        }

        _opening.SetResult(_connection);
        Assert.Equal([0, 1, 2], _connection.Sent.Select(sent => (int)sent.Payload[0]));
    }

    [Fact]
    public void Opening_Fails_ClosesTheReceiverOnceAndLaterWritesSayClosed()
    {
        _sender.WriteTo([1], Destination);
        var error = new DialException(DialFailure.ProxyUnreachable, "gone");
        _opening.SetException(error);
        Assert.Equal(1, _receiver.CloseCalls);
        NetworkAssert.Closed(() => _sender.WriteTo([1], Destination));
        NetworkAssert.Closed(_sender.Close);
        var outcome = Assert.IsAssignableFrom<IPacketSessionOutcome>(_sender);
        Assert.Equal(PacketSessionEnd.UpstreamFailed, outcome.End);
        Assert.Same(error, outcome.Failure);
    }

    [Fact]
    public void Opening_ClosedMeanwhile_DisposesTheSocketThatComesTooLate()
    {
        _sender.WriteTo([1], Destination);
        _sender.Close();
        NetworkAssert.Closed(() => _sender.WriteTo([1], Destination));
        _opening.SetResult(_connection);
        Assert.Equal(1, _connection.Disposals);
        Assert.Empty(_connection.Sent);
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void Opening_LongerThanTheIdleTimeout_Expires()
    {
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, _receiver.CloseCalls);
        _opening.SetResult(_connection);
        Assert.Equal(1, _connection.Disposals);
    }

    [Fact]
    public void Opening_TooLargeForUdp_IsRefusedAtOnce() =>
        NetworkAssert.Fails(NetworkError.MessageTooLarge, () => _sender.WriteTo(new byte[65_508], Destination));

    [Fact]
    public void Opened_ConnectionRefusesWhatWaited_DropsItAndGoesOn()
    {
        _sender.WriteTo([1], Destination);
        _connection.SendError = NetworkError.MessageTooLarge;
        _opening.SetResult(_connection);
        _connection.SendError = null;
        _sender.WriteTo([2], Destination);
        Assert.Equal([2], Assert.Single(_connection.Sent).Payload);
    }

    [Fact]
    public void Opened_ReceiveFails_EndsTheSession()
    {
        var broken = new FakePacketConnection { ReceiveError = new IOException("no") };
        _opening.SetResult(broken);
        Assert.Equal(1, _receiver.CloseCalls);
        Assert.Equal(1, broken.Disposals);
    }

    [Fact]
    public async Task Opening_WritesFromAnotherThread_LoseNothingAndKeepTheirOrder()
    {
        for (int round = 0; round < 200; round++)
        {
            var opening = new TaskCompletionSource<IPacketConnection>();
            var connection = new FakePacketConnection();
            var options = new PacketListenerProxyOptions { OpeningQueueLength = 1_000 };
            IPacketRequestSender sender = new PacketListenerProxy(new FakePacketListener { Opening = opening }, options).NewSession(new RecordingReceiver());
            Task writer = Task.Run(() =>
            {
                for (byte i = 0; i < 200; i++)
                {
                    sender.WriteTo([i], Destination);
                }
            });
            opening.SetResult(connection);
            await writer;
            Assert.Equal(Enumerable.Range(0, 200), connection.Sent.Select(sent => (int)sent.Payload[0]));
            sender.Close();
        }
    }
}
