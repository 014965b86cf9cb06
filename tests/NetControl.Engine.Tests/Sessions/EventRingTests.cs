using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.Engine.Tests.Sessions;

public sealed class EventRingTests
{
    [Fact]
    public void Events_ComeInOrder_AndALossLiesInItsPlace()
    {
        EventRing ring = new(4);
        Script script = new();
        Add(ring, 1, 6); // 5 and 6 do not fit
        ring.Drain(script);
        Add(ring, 7, 8);
        ring.Drain(script);
        Assert.Equal("1 2 3 4 -2 7 8", script.ToString());
        Assert.Equal(2, ring.Lost);
    }

    [Fact]
    public void Loss_ThatNoEventFollows_IsToldAllTheSame()
    {
        EventRing ring = new(2);
        Script script = new();
        Add(ring, 1, 5);
        ring.Drain(script);
        Assert.Equal("1 2 -3", script.ToString());
        ring.Drain(script);
        Add(ring, 6, 6);
        ring.Drain(script);
        Assert.Equal("1 2 -3 6", script.ToString());
    }

    [Fact]
    public void WriterAndReaderAtOnce_NothingIsDoubledSwappedOrUnaccounted()
    {
        const int Count = 400_000;
        EventRing ring = new(64);
        long next = 1, wrong = 0, lost = 0;
        Script script = new(
            id =>
            {
                wrong += id == (ulong)next ? 0 : 1;
                next++;
            },
            count =>
            {
                next += count;
                lost += count;
            });
        Thread writer = new(() => Add(ring, 1, Count));
        writer.Start();
        while (writer.IsAlive)
        {
            ring.Drain(script);
        }

        ring.Drain(script);
        Assert.Equal((0, Count + 1), (wrong, next));
        Assert.Equal(ring.Lost, lost);
    }

    [Fact]
    public void Signal_RingsOnlyWhenSomethingWasAdded()
    {
        EventRing ring = new(4);
        int rung = 0;
        ring.OnSignal(() => rung++);
        ring.Signal();
        Add(ring, 1, 2);
        ring.Signal();
        ring.Signal();
        Assert.Equal(1, rung);
    }

    internal static void Add(EventRing ring, int first, int last)
    {
        for (int i = first; i <= last; i++)
        {
            ring.Add(SessionEventKind.Opened, Info((ulong)i));
        }
    }

    internal static SessionInfo Info(ulong id) => new()
    {
        Id = id,
        Device = "d",
        Egress = null,
        Protocol = SessionProtocol.Tcp,
        Source = default(AddrPort),
        Destination = default,
        State = SessionState.Open,
        Cause = SessionCause.None,
        OpenedUtcTicks = 0,
        ClosedUtcTicks = 0,
        DialDuration = default,
        BytesSent = 0,
        BytesReceived = 0,
        PacketsSent = 0,
        PacketsReceived = 0,
    };

    private sealed class Script(Action<ulong>? onEvent = null, Action<long>? onLost = null) : ISessionEventSink
    {
        private readonly List<string> _text = [];

        public void OnEvents(ReadOnlySpan<SessionEvent> events)
        {
            foreach (SessionEvent e in events)
            {
                onEvent?.Invoke(e.Info.Id);
                if (onEvent is null)
                {
                    _text.Add($"{e.Info.Id}");
                }
            }
        }

        public void OnLost(long count)
        {
            onLost?.Invoke(count);
            if (onLost is null)
            {
                _text.Add($"-{count}");
            }
        }

        public override string ToString() => string.Join(' ', _text);
    }
}
