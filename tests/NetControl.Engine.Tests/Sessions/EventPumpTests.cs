using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Sessions;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Sessions;

public sealed class EventPumpTests
{
    [Fact]
    public async Task Flush_ReturnsWhenEverythingBeforeItWasCarried()
    {
        EventRing[] rings = [new(1024), new(1024)];
        EventPump pump = new(rings, NullLogger.Instance);
        EventRecorder sink = new();
        pump.Start(sink);
        for (int i = 1; i <= 200; i++)
        {
            EventRingTests.Add(rings[i % 2], i, i);
            rings[i % 2].Signal();
            await pump.FlushAsync(CancellationToken.None).WaitAsync(PeerHost.Patience);
            Assert.Equal(i, sink.All().Length);
        }

        await pump.StopAsync();
    }

    [Fact]
    public async Task EventsBeforeTheSink_AreKept_AndStopCarriesTheRest()
    {
        EventRing ring = new(8);
        EventPump pump = new([ring], NullLogger.Instance);
        EventRingTests.Add(ring, 1, 3);
        EventRecorder sink = new();
        pump.Start(sink);
        EventRingTests.Add(ring, 4, 5); // not signalled
        await pump.StopAsync().WaitAsync(PeerHost.Patience);
        Assert.Equal([1UL, 2, 3, 4, 5], sink.All().Select(e => e.Info.Id));
        await pump.FlushAsync(CancellationToken.None).WaitAsync(PeerHost.Patience);
        Assert.Throws<InvalidOperationException>(() => Twice());

        void Twice()
        {
            EventPump other = new([new EventRing(2)], NullLogger.Instance);
            other.Start(sink);
            other.Start(sink);
        }
    }

    [Fact]
    public async Task SignalsAfterStop_DoNotThrowIntoTheLoop()
    {
        EventRing ring = new(8);
        EventPump pump = new([ring], NullLogger.Instance);
        EventRingTests.Add(ring, 1, 1);
        ring.Signal();
        pump.Start(new EventRecorder());
        await pump.StopAsync().WaitAsync(PeerHost.Patience);
        for (int i = 2; i < 6; i++)
        {
            EventRingTests.Add(ring, i, i);
            ring.Signal();
        }
    }

    [Fact]
    public async Task FlushWhileStopping_Ends()
    {
        for (int i = 0; i < 200; i++)
        {
            EventRing ring = new(8);
            EventPump pump = new([ring], NullLogger.Instance);
            pump.Start(new EventRecorder());
            Task flush = Task.Run(async () =>
            {
                EventRingTests.Add(ring, 1, 1);
                await pump.FlushAsync(CancellationToken.None);
            });
            await pump.StopAsync();
            await flush.WaitAsync(PeerHost.Patience);
        }
    }

    [Fact]
    public async Task SinkThatThrows_DoesNotStopThePump()
    {
        EventRing ring = new(8);
        EventPump pump = new([ring], NullLogger.Instance);
        EventRecorder good = new();
        pump.Start(new Moody(good));
        EventRingTests.Add(ring, 1, 1);
        ring.Signal();
        await pump.FlushAsync(CancellationToken.None).WaitAsync(PeerHost.Patience);
        EventRingTests.Add(ring, 2, 2);
        ring.Signal();
        await pump.FlushAsync(CancellationToken.None).WaitAsync(PeerHost.Patience);
        Assert.Equal([2UL], good.All().Select(e => e.Info.Id));
        await pump.StopAsync().WaitAsync(PeerHost.Patience);
    }

    private sealed class Moody(ISessionEventSink inner) : ISessionEventSink
    {
        private bool _thrown;

        public void OnEvents(ReadOnlySpan<SessionEvent> events)
        {
            if (!_thrown)
            {
                _thrown = true;
                throw new InvalidOperationException("once");
            }

            inner.OnEvents(events);
        }

        public void OnLost(long count) => inner.OnLost(count);
    }
}
