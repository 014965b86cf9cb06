using Google.Protobuf.WellKnownTypes;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Tests.Output;

public sealed class TableTests
{
    [Fact]
    public void Columns_AreAsWideAsTheirWidestCell_NumbersToTheRight() =>
        Assert.Equal(
            "NAME  COUNT  NOTE\na         7  -\nbbbb     12  x y\n",
            new Table("NAME", "COUNT", "NOTE").Add("a", "7", "").Add("bbbb", "12", "x y").ToString());

    [Fact]
    public void Proxies_ShowDirectAndRedacted()
    {
        Proxy[] proxies =
        [
            new() { Name = "proxies/a", State = Proxy.Types.State.Idle, Generation = 1,
                UdpIdleTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)) },
            new() { Name = "proxies/b", State = Proxy.Types.State.InUse, Config = "socks5://REDACTED@h:1",
                UdpIdleTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)), Generation = 12, UsedBy = { "delegates/egress" } },
        ];
        Assert.Equal(
            """
            NAME       STATE   CONFIG                 UDP-IDLE  GENERATION  USED BY
            proxies/a  IDLE    direct                 30s                1  -
            proxies/b  IN_USE  socks5://REDACTED@h:1  30s               12  delegates/egress

            """,
            Tables.Of(proxies));
    }

    [Fact]
    public void SessionDetail_ShowsTheMachine()
    {
        TcpDetail tcp = new()
        {
            State = "ESTABLISHED",
            CongestionControl = CongestionControl.NewReno,
            Recovery = TcpDetail.Types.Recovery.Fast,
            SendMss = 1460,
            CongestionWindow = 14600,
            SlowStartThreshold = 7300,
            SmoothedRtt = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1.5)),
            RttVariation = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(0.5)),
            RetransmissionTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(200)),
            Retransmits = 3,
        };
        Session session = new() { Name = "devices/tun0/sessions/s1", OpenTime = Timestamp.FromDateTime(DateTime.UtcNow) };
        Assert.EndsWith(
            """
            TCP          CC        RECOVERY   MSS   CWND  SSTHRESH  INFLIGHT  SNDWND  RCVWND  SNDQ  RCVQ  BUFFERS  RTT-MS  RTTVAR-MS  RTO-MS  RETRANSMITS
            ESTABLISHED  NEW_RENO  FAST      1460  14600      7300         0       0       0     0     0        0     1.5        0.5     200            3

            """,
            Tables.Of(new GetSessionResponse { Session = session, Tcp = tcp }), StringComparison.Ordinal);
    }

    [Fact]
    public void StreamMessages_BecomeLines()
    {
        Session session = new()
        {
            Name = "devices/tun0/sessions/s1",
            Protocol = SessionProtocol.Tcp,
            Source = "10.77.0.1:5",
            Destination = "198.18.0.1:80",
            Delegate = "delegates/egress",
            Proxy = "proxies/a",
            Generation = 3,
            BytesSent = 10,
            BytesReceived = 20,
            Cause = SessionCause.ClientReset,
        };
        SessionEvent closed = new() { Sequence = 9, Kind = SessionEvent.Types.Kind.Closed, Session = session };
        Assert.Equal(
            ["CLOSED    #9 devices/tun0/sessions/s1 TCP 10.77.0.1:5 -> 198.18.0.1:80 via delegates/egress gen 3 (proxies/a) sent 10 "
                + "received 20 CLIENT_RESET"],
            Tables.Lines(new StreamSessionEventsResponse { Events = new SessionEventBatch { Events = { closed } } }));
        session.Cause = SessionCause.DialProxyFailed;
        session.DialError = "the proxy said \u001b[2J no";
        Assert.EndsWith(
            "received 20 DIAL_PROXY_FAILED: the proxy said ?[2J no",
            Assert.Single(Tables.Lines(new StreamSessionEventsResponse { Events = new SessionEventBatch { Events = { closed } } })), StringComparison.Ordinal);
        SessionEvent switched = new()
        {
            Sequence = 10,
            Kind = SessionEvent.Types.Kind.DelegateSwitched,
            DelegateSwitch = new DelegateSwitch
            {
                Delegate = "delegates/egress",
                From = "proxies/a",
                To = "proxies/b",
                Generation = 4,
                Reason = Failover.Types.Reason.FailureRate,
                Message = "proxies/a: 10 of 20 failed",
            },
        };
        Assert.Equal(
            ["SWITCHED  #10 delegates/egress gen 4 proxies/a -> proxies/b FAILURE_RATE: proxies/a: 10 of 20 failed"],
            Tables.Lines(new StreamSessionEventsResponse { Events = new SessionEventBatch { Events = { switched } } }));
        switched.DelegateSwitch = new DelegateSwitch { Delegate = "delegates/egress", From = "proxies/a", Generation = 5 };
        Assert.Equal(
            ["SWITCHED  #10 delegates/egress gen 5 proxies/a -> -"],
            Tables.Lines(new StreamSessionEventsResponse { Events = new SessionEventBatch { Events = { switched } } }));
        Lost lost = new() { From = 1, To = 9, Count = 5, Reason = Lost.Types.Reason.SlowReader };
        Assert.Equal(["LOST      #1 to #9: 5 events (SLOW_READER)"], Tables.Lines(new StreamSessionEventsResponse { Lost = lost }));
    }
}
