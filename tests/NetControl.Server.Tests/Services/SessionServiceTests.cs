using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.Engine.Sessions;
using NetControl.Protocol.V1;
using SessionEvent = NetControl.Protocol.V1.SessionEvent;
using SessionProtocol = NetControl.Engine.Sessions.SessionProtocol;

namespace NetControl.Server.Tests.Services;

public sealed class SessionServiceTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task List_PagesThroughAllSessionsOnce()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 0; i < 25; i++)
        {
            server.Test.Engine.Open(protocol: i % 2 == 0 ? SessionProtocol.Tcp : SessionProtocol.Udp);
        }

        List<string> names = [];
        ListSessionsRequest request = new() { Parent = "devices/tun0", PageSize = 7 };
        do
        {
            ListSessionsResponse page = await server.Sessions.ListSessionsAsync(request);
            names.AddRange(page.Sessions.Select(s => s.Name));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(25, names.Distinct().Count());
        Assert.Equal(25, names.Count);
        ListSessionsResponse udp = await server.Sessions.ListSessionsAsync(
            new ListSessionsRequest { Filter = new SessionFilter { Protocols = { Protocol.V1.SessionProtocol.Udp } } });
        Assert.Equal(12, udp.Sessions.Count);
        Assert.Equal(StatusCode.NotFound,
            (await RichError.OfAsync(async () =>
            await server.Sessions.ListSessionsAsync(new ListSessionsRequest { Parent = "devices/none" }))).Code);
    }

    [Fact]
    public async Task GetAndClose_ByName_WorkOnce()
    {
        await using TestServer server = await TestServer.StartAsync();
        SessionInfo session = server.Test.Engine.Open();
        server.Test.Engine.Move(session.Id, 10, 20);
        string name = $"devices/tun0/sessions/s{session.Id}";
        Session read = (await server.Sessions.GetSessionAsync(new GetSessionRequest { Name = name })).Session;
        Assert.Equal((10, 20, "delegates/egress", "proxies/a", 1),
            (read.BytesSent, read.BytesReceived, read.Delegate, read.Proxy, read.Generation));
        Assert.Equal(1, (await server.Sessions.CloseSessionsAsync(new CloseSessionsRequest { Names = { name } })).Closed);
        Assert.Equal(0, (await server.Sessions.CloseSessionsAsync(new CloseSessionsRequest { Names = { name } })).Closed);
        Assert.Equal(StatusCode.NotFound,
            (await RichError.OfAsync(async () => await server.Sessions.GetSessionAsync(new GetSessionRequest { Name = name }))).Code);
    }

    [Fact]
    public async Task Close_WithoutAChoice_IsRefused_UnlessAllIsSaid()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Open();
        Assert.Equal(["filter"],
            (await RichError.OfAsync(async () => await server.Sessions.CloseSessionsAsync(new CloseSessionsRequest()))).Fields);
        Assert.Equal(1, (await server.Sessions.CloseSessionsAsync(new CloseSessionsRequest { All = true })).Closed);
    }

    [Fact]
    public async Task Stream_WithSnapshot_TellsStartLiveEndAndEvents()
    {
        await using TestServer server = await TestServer.StartAsync();
        SessionInfo before = server.Test.Engine.Open();
        using var call = server.Sessions.StreamSessionEvents(new StreamSessionEventsRequest { Snapshot = true });
        StreamStart start = (await NextAsync(call)).Start;
        Assert.Equal((server.Test.Plane.Events.Epoch, 1), (start.Epoch, start.Sequence));
        Assert.Equal($"devices/tun0/sessions/s{before.Id}", Assert.Single((await NextAsync(call)).Snapshot.Sessions).Name);
        Assert.Equal((1, 1), ((await NextAsync(call)).SnapshotEnd is { } end) ? (end.Sequence, end.Count) : default);
        server.Test.Engine.Move(before.Id, 5, 6);
        server.Test.Engine.Close(before.Id, Engine.Sessions.SessionCause.ClientReset);
        SessionEvent closed = Assert.Single((await NextAsync(call)).Events.Events);
        Assert.Equal((2, SessionEvent.Types.Kind.Closed, Protocol.V1.SessionCause.ClientReset, 5, 6, 1),
            (closed.Sequence, closed.Kind, closed.Session.Cause, closed.Session.BytesSent, closed.Session.BytesReceived,
                closed.Session.Generation));
    }

    [Fact]
    public async Task Stream_AskedForSwitches_TellsThemBetweenTheSessions_AfterASnapshotAndResumed()
    {
        await using TestServer server = await TestServer.StartAsync();
        SessionInfo before = server.Test.Engine.Open();
        using var call = server.Sessions.StreamSessionEvents(new StreamSessionEventsRequest { Snapshot = true, DelegateSwitches = true });
        StreamStart start = (await NextAsync(call)).Start;
        Assert.Single((await NextAsync(call)).Snapshot.Sessions);
        Assert.Equal(1, (await NextAsync(call)).SnapshotEnd.Sequence);
        await server.Delegates.SwapDelegateAsync(
            new SwapDelegateRequest { Name = "delegates/egress", Proxy = "proxies/b", Existing = ExistingSessions.Close });
        List<SessionEvent> events = [.. (await NextAsync(call)).Events.Events];
        while (events.Count < 2)
        {
            events.AddRange((await NextAsync(call)).Events.Events);
        }

        Assert.Equal((SessionEvent.Types.Kind.DelegateSwitched, 2, null), (events[0].Kind, events[0].Sequence, events[0].Session));
        DelegateSwitch told = events[0].DelegateSwitch;
        Assert.Equal(
            ("delegates/egress", "proxies/a", "proxies/b", Failover.Types.Reason.Unspecified, 2),
            (told.Delegate, told.From, told.To, told.Reason, told.Generation));
        Assert.Equal("devices/tun0", Assert.Single(told.Devices));
        Assert.Equal((SessionEvent.Types.Kind.Closed, Protocol.V1.SessionCause.DelegateSwapped, $"devices/tun0/sessions/s{before.Id}"),
            (events[1].Kind, events[1].Session.Cause, events[1].Session.Name));
        using var resumed = server.Sessions.StreamSessionEvents(new StreamSessionEventsRequest
        {
            ResumeFrom = new ResumePoint { Epoch = start.Epoch, Sequence = 1 },
            DelegateSwitches = true,
        });
        Assert.NotNull((await NextAsync(resumed)).Start);
        Assert.Equal(told, (await NextAsync(resumed)).Events.Events[0].DelegateSwitch);
    }

    [Fact]
    public async Task Stream_Silent_SendsHeartbeats()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Engine.Open();
        using var call = server.Sessions.StreamSessionEvents(
            new StreamSessionEventsRequest { HeartbeatInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)) });
        Assert.NotNull((await NextAsync(call)).Start);
        Assert.Equal(1, (await NextAsync(call)).Heartbeat.Sequence);
        Assert.Equal(1, (await NextAsync(call)).Heartbeat.Sequence);
    }

    [Fact]
    public async Task Stream_Resumed_GoesOnWhereItEnded()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 0; i < 10; i++)
        {
            server.Test.Engine.Open();
        }

        ResumePoint point = new() { Epoch = server.Test.Plane.Events.Epoch, Sequence = 6 };
        using var call = server.Sessions.StreamSessionEvents(new StreamSessionEventsRequest { ResumeFrom = point });
        Assert.Equal(6, (await NextAsync(call)).Start.Sequence);
        Assert.Equal([7L, 8L, 9L, 10L], (await NextAsync(call)).Events.Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task Stream_ResumedFromAnotherEpoch_IsOutOfRange()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var call = server.Sessions.StreamSessionEvents(
            new StreamSessionEventsRequest { ResumeFrom = new ResumePoint { Epoch = "old", Sequence = 6 } });
        RichError error = await RichError.OfAsync(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal((StatusCode.OutOfRange, "RESUME_POINT_EXPIRED"), (error.Code, error.Reason));
    }

    [Fact]
    public async Task Stream_WithContradictions_ReportsAllOfThem()
    {
        await using TestServer server = await TestServer.StartAsync();
        StreamSessionEventsRequest request = new()
        {
            Snapshot = true,
            ResumeFrom = new ResumePoint(),
            QueueCapacity = -1,
            HeartbeatInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1)),
        };
        using var call = server.Sessions.StreamSessionEvents(request);
        RichError error = await RichError.OfAsync(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(["heartbeat_interval", "queue_capacity", "snapshot"], error.Fields);
    }

    [Fact]
    public async Task Stream_AtShutdown_DeliversTheLastClosingsThenEnds()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var call = server.Sessions.StreamSessionEvents(new StreamSessionEventsRequest());
        Assert.NotNull((await NextAsync(call)).Start);
        server.Test.Engine.Open();
        await server.Test.Plane.ShutdownAsync();
        List<SessionEvent> events = [];
        StreamSessionEventsResponse message;
        while ((message = await NextAsync(call)).End is null)
        {
            events.AddRange(message.Events.Events);
        }

        Assert.Equal(Protocol.V1.SessionCause.Shutdown, events[^1].Session.Cause);
        Assert.Equal((2, StreamEnd.Types.Reason.Shutdown), (message.End.Sequence, message.End.Reason));
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(s_patience));
    }

    [Fact]
    public async Task Stream_OfASlowReader_SaysWhatItLost()
    {
        await using TestServer server = await TestServer.StartAsync(eventCapacity: 256);
        using var call = server.Sessions.StreamSessionEvents(new StreamSessionEventsRequest { QueueCapacity = 100 });
        Assert.NotNull((await NextAsync(call)).Start);
        const int Count = 30_000; // More than the transport's windows hold: the reader really is behind.
        for (int i = 0; i < Count; i++)
        {
            server.Test.Engine.Open();
        }

        long seen = 0;
        long last = 0;
        while (last < Count)
        {
            StreamSessionEventsResponse message = await NextAsync(call);
            if (message.Lost is { } lost)
            {
                Assert.Equal(Lost.Types.Reason.SlowReader, lost.Reason);
                Assert.Equal(last + 1, lost.From);
                seen += lost.Count;
                last = lost.To;
            }
            else
            {
                Assert.Equal(last + 1, message.Events.Events[0].Sequence);
                seen += message.Events.Events.Count;
                last = message.Events.Events[^1].Sequence;
            }
        }

        Assert.Equal(Count, seen);
    }

    private static async Task<StreamSessionEventsResponse> NextAsync(AsyncServerStreamingCall<StreamSessionEventsResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(s_patience));
        return call.ResponseStream.Current;
    }
}
