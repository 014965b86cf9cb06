using Google.Protobuf.WellKnownTypes;
using NetControl.Cli.Top;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Tests.Top;

public sealed class TopTests
{
    private static readonly DateTime s_now = new(2030, 1, 31, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Screen_ShowsRatesTotalsAndTheBusiestFirst()
    {
        TopModel model = Model();
        TopSample sample = model.Sample(TimeSpan.FromSeconds(2));
        string[] screen = [.. TopScreen.Draw(sample, SortOrder.Rate, 160, 40, s_now)];
        Assert.Equal("""
            12:00:00  2 live by rate  +0.5 -0.5 /s  sent 2K/s  received 2M/s  LOST 3 events

            DEVICE        DELEGATE          TCP  UDP  SENT/S  RECEIVED/S
            devices/tun0  delegates/egress    1    1  2K      2M

            SESSION  PROTO  SENT/S  RECEIVED/S  DESTINATION      AGE  SOURCE       PROXY      SENT   RECEIVED
            tun0/2   udp    1K      2M          198.18.0.1:1002  20s  10.0.0.1:12  proxies/a  2K     4M
            tun0/1   tcp    1K      0B          198.18.0.1:1001  10s  10.0.0.1:11  proxies/a  10.7K  0B
            """.Split('\n'), screen);
        Assert.Equal(0, model.Sample(TimeSpan.FromSeconds(2)).Sessions.Sum(s => s.Rate));
    }

    [Theory]
    [InlineData(SortOrder.Rate, "tun0/2")]
    [InlineData(SortOrder.Bytes, "tun0/2")]
    [InlineData(SortOrder.Age, "tun0/2")]
    internal void Screen_Orders(SortOrder order, string first)
    {
        IReadOnlyList<string> screen = TopScreen.Draw(Model().Sample(TimeSpan.FromSeconds(1)), order, 160, 40, s_now);
        Assert.StartsWith(first, screen[6], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, 6)]
    [InlineData(20, 3)]
    [InlineData(200, 100)]
    public void Screen_FitsIntoTheTerminal(int width, int height)
    {
        TopModel model = new();
        SessionSnapshot snapshot = new();
        snapshot.Sessions.AddRange(Enumerable.Range(0, 500).Select(i => Session(i, 1, 1)));
        model.Apply(new StreamSessionEventsResponse { Snapshot = snapshot });
        IReadOnlyList<string> screen = TopScreen.Draw(model.Sample(TimeSpan.FromSeconds(1)), SortOrder.Rate, width, height, s_now);
        Assert.True(screen.Count <= height);
        Assert.All(screen, line => Assert.True(line.Length <= width));
    }

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(999, "999B")]
    [InlineData(1024, "1K")]
    [InlineData(3_000_000, "2.9M")]
    public void Size_IsShort(double bytes, string text) => Assert.Equal(text, TopScreen.Size(bytes));

    private static TopModel Model()
    {
        TopModel model = new();
        model.Apply(new StreamSessionEventsResponse { Snapshot = new SessionSnapshot { Sessions = { Session(1, 9000, 0), Session(3, 0, 0) } } });
        SessionEventBatch events = new();
        events.Events.Add(new SessionEvent { Kind = SessionEvent.Types.Kind.Opened, Session = Session(2, 0, 0) });
        events.Events.Add(new SessionEvent { Kind = SessionEvent.Types.Kind.Updated, Session = Session(2, 2048, 4 << 20) });
        events.Events.Add(new SessionEvent { Kind = SessionEvent.Types.Kind.Updated, Session = Session(1, 11000, 0) });
        events.Events.Add(new SessionEvent { Kind = SessionEvent.Types.Kind.Closed, Session = Session(3, 0, 0) });
        model.Apply(new StreamSessionEventsResponse { Events = events });
        model.Apply(new StreamSessionEventsResponse { Lost = new Lost { Count = 3 } });
        return model;
    }

    private static Session Session(int id, long sent, long received) => new()
    {
        Name = $"devices/tun0/sessions/{id}",
        Device = "devices/tun0",
        Delegate = "delegates/egress",
        Proxy = "proxies/a",
        Protocol = id == 2 ? SessionProtocol.Udp : SessionProtocol.Tcp,
        Source = $"10.0.0.1:{10 + id}",
        Destination = $"198.18.0.1:{1000 + id}",
        OpenTime = Timestamp.FromDateTime(s_now.AddSeconds(-10 * id)),
        BytesSent = sent,
        BytesReceived = received,
    };
}
