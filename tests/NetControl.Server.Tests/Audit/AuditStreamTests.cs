using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Server.Audit;
using Kind = NetControl.Protocol.V1.StreamAuditRecordsResponse.MessageOneofCase;

namespace NetControl.Server.Tests.Audit;

public sealed class AuditStreamTests
{
    [Fact]
    public async Task Stream_FollowsWhatHappens_AndEndsWithTheProcess()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MakeAsync(server, "before");
        using AuditReader reader = await AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest());
        Assert.Equal((2, 1), (reader.Start.Sequence, reader.Start.Oldest)); // that it reads is the second
        await MakeAsync(server, "after");
        AuditRecord record = (await reader.NextAsync()).Record;
        Assert.Equal((3, "proxies/after", "after", AuditCause.Call),
            (record.Sequence, record.Resource, record.Request.Fields["proxyId"].StringValue, record.Cause));
        Task shutdown = server.Test.Plane.ShutdownAsync();
        StreamAuditRecordsResponse last = await reader.NextAsync();
        Assert.Equal((Kind.End, 3), (last.MessageCase, last.End.Sequence));
        await Assert.ThrowsAsync<EndOfStreamException>(reader.NextAsync);
        await shutdown;
    }

    [Fact]
    public async Task Filter_ChoosesByMethodCallerAndResource()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MakeAsync(server, "one");
        await MakeAsync(server, "two");
        await server.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = "proxies/one" });
        await ExpectAsync([1, 2], server, new StreamAuditRecordsRequest { Methods = { "CreateProxy" } });
        await ExpectAsync([3], server, new StreamAuditRecordsRequest { Methods = { "/netcontrol.v1.ProxyService/DeleteProxy" } });
        await ExpectAsync([1, 2, 3], server, new StreamAuditRecordsRequest { Methods = { "ProxyService/DeleteProxy", "ProxyService/CreateProxy" } });
        Assert.Empty(await SequencesAsync(server, new StreamAuditRecordsRequest { Methods = { "Proxy" } }));
        await ExpectAsync([1, 3], server, new StreamAuditRecordsRequest { Resources = { "proxies/one" } });
        Assert.Empty(await SequencesAsync(server, new StreamAuditRecordsRequest { Callers = { "system" } }));
    }

    [Fact]
    public async Task Resume_GoesOnAfterTheNumber_AndRefusesAnotherLife()
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (string name in new[] { "a1", "a2", "a3" })
        {
            await MakeAsync(server, name);
        }

        string epoch = server.Test.Plane.Events.Epoch;
        await ExpectAsync([2, 3], server, new StreamAuditRecordsRequest { ResumeFrom = new ResumePoint { Epoch = epoch, Sequence = 1 } });
        await ExpectAsync([3], server, new StreamAuditRecordsRequest { ResumeFrom = new ResumePoint { Sequence = 2 } });
        foreach (ResumePoint point in new[] { new ResumePoint { Epoch = "other", Sequence = 1 }, new ResumePoint { Epoch = epoch, Sequence = 400 } })
        {
            RichError error = await RichError.OfAsync(() => AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest { ResumeFrom = point }));
            Assert.Equal((StatusCode.OutOfRange, "RESUME_POINT_EXPIRED"), (error.Code, error.Reason));
        }

        RichError both = await RichError.OfAsync(() => AuditReader.OpenAsync(server.Channel,
            new StreamAuditRecordsRequest { Remembered = true, ResumeFrom = new ResumePoint(), HeartbeatInterval = new Duration { Seconds = 4000 } }));
        Assert.Equal(["heartbeat_interval", "remembered"], both.Fields);
    }

    [Fact]
    public async Task WhatIsForgotten_IsToldAsLost()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 0; i < 5000; i++)
        {
            server.Audit.Write(Entry());
        }

        IReadOnlyList<StreamAuditRecordsResponse> messages = await AuditReader.RememberedAsync(server.Channel,
            new StreamAuditRecordsRequest { ResumeFrom = new ResumePoint { Sequence = 100 } });

        // The reader's own record is the last of the 4096.
        Assert.Equal((101, 5001 - 4096), (messages[0].Lost.From, messages[0].Lost.To));
        Assert.Equal(Enumerable.Range(5001 - 4096 + 1, 4095).Select(i => (long)i), messages.Skip(1).Select(m => m.Record.Sequence));
        Assert.True((await SequencesAsync(server, new StreamAuditRecordsRequest()))[0] > 5001 - 4096 + 1);
    }

    [Fact]
    public async Task Silence_IsBrokenByHeartbeats()
    {
        await using TestServer server = await TestServer.StartAsync();
        using AuditReader reader = await AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest
        {
            Callers = { "nobody" },
            HeartbeatInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)),
        });
        await MakeAsync(server, "unwanted");
        long seen = -1;
        while (seen < 2)
        {
            seen = (await reader.NextAsync()).Heartbeat.Sequence;
        }

        Assert.Equal(2, seen);
    }

    [Fact]
    public async Task ReaderThatStopsReading_KeepsNobodyWaiting_AndLearnsWhatItLost()
    {
        await using TestServer server = await TestServer.StartAsync();
        using AuditReader stuck = await AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest());
        long start = Environment.TickCount64;
        const int Total = 60_001;
        for (int i = 1; i < Total; i++)
        {
            server.Audit.Write(Entry());
        }

        Assert.True(Environment.TickCount64 - start < 20_000, "appending waited");
        long seen = 1;
        long lost = 0;
        long read = 0;
        while (seen < Total)
        {
            StreamAuditRecordsResponse message = await stuck.NextAsync();
            if (message.MessageCase == Kind.Lost)
            {
                Assert.Equal(seen + 1, message.Lost.From);
                lost += message.Lost.To - message.Lost.From + 1;
                seen = message.Lost.To;
            }
            else if (message.MessageCase == Kind.Record)
            {
                Assert.Equal(seen + 1, message.Record.Sequence);
                seen = message.Record.Sequence;
                read++;
            }
        }

        Assert.Equal(Total - 1, read + lost);
    }

    [Fact]
    public void Ring_IsBoundedInBytes_AndKeepsTheLast()
    {
        AuditRing ring = new(mostEntries: 100, mostBytes: 20_000);
        for (int i = 0; i < 50; i++)
        {
            ring.Append(Entry(new CreateProxyRequest { ProxyId = new string('a', 5000) }));
        }

        Assert.Equal((50, 48), (ring.Sequence, ring.Oldest));
        ring.Append(Entry(new CreateProxyRequest { ProxyId = new string('a', 50_000) }));
        Assert.Equal((51, 51), (ring.Sequence, ring.Oldest));
    }

    private static AuditEntry Entry(Google.Protobuf.IMessage? request = null) => new()
    {
        Time = DateTimeOffset.UnixEpoch,
        Caller = new Server.Security.Caller("token:x", Server.Security.AuthenticationMethod.BearerToken, Server.Security.Role.Admin, "", default),
        Address = "",
        Rpc = "/netcontrol.v1.ProxyService/CreateProxy",
        Code = StatusCode.OK,
        Request = request,
    };

    private static async Task ExpectAsync(long[] expected, TestServer server, StreamAuditRecordsRequest request)
    {
        long[] actual = await SequencesAsync(server, request);
        Assert.Equal(expected, actual);
    }

    private static async Task<long[]> SequencesAsync(TestServer server, StreamAuditRecordsRequest request) =>
        [.. (await AuditReader.RememberedAsync(server.Channel, request)).Select(m => m.Record?.Sequence ?? 0)];

    private static async Task MakeAsync(TestServer server, string id) =>
        await server.Proxies.CreateProxyAsync(new CreateProxyRequest { ProxyId = id });
}
