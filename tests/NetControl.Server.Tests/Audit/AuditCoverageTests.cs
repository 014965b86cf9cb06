using System.Globalization;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine;
using NetControl.Protocol.V1;
using NetControl.Server.Audit;
using NetControl.Server.Mapping;
using NetControl.Server.Security;
using NetControl.Server.Security.Tokens;
using NetControl.Server.Tests.Security;
using Role = NetControl.Server.Security.Role;
using Stage = NetControl.Protocol.V1.AuditedStream.Types.Stage;

namespace NetControl.Server.Tests.Audit;

/// <summary>The table in audit.proto, row by row: what has a record, and how many.</summary>
public sealed class AuditCoverageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatMoreThanAViewerMayCall_IsAudited_AndNothingElse() =>
        Assert.All(MethodTable.Rules.Values, rule => Assert.True(rule.Audited == rule.Role > Role.Viewer, $"{rule.Service}/{rule.Name}"));

    [Fact]
    public async Task EveryAuditedMethod_LeavesOneRecord_WhenRefusedAndWhenItFails()
    {
        string viewer = TokenSecret.Create();
        string admin = TokenSecret.Create();
        string tokens = Path.Combine(_folder, "tokens");
        await File.WriteAllLinesAsync(tokens,
        [
            TokenFile.Format(new TokenEntry("eye", Role.Viewer, TokenSecret.Hash(viewer), null)),
            TokenFile.Format(new TokenEntry("boss", Role.Admin, TokenSecret.Hash(admin), null)),
        ]);
        string log = Path.Combine(_folder, "audit.jsonl");
        await using SecureServer server = await SecureServer.StartAsync($$"""
            listen: {grpc: ["http://127.0.0.1:0"], http: off, tokenFile: {{tokens}}}
            audit: {file: {{log}}}
            """);
        foreach (MethodDescriptor method in MethodTableTests.ProtoMethods())
        {
            string path = $"/{method.Service.FullName}/{method.Name}";
            bool audited = MethodTable.Of(path).Audited;
            foreach (string token in new[] { viewer, admin })
            {
                int before = Lines(log).Length;
                (StatusCode code, string reason) = await RoleMatrixTests.CallAsync(server.Connect(token: token), method);
                string[] made = Lines(log)[before..];
                if (audited && method.Name == "StreamAuditRecords" && token == admin)
                {
                    // The end comes when the server sees that the reader has left.
                    string[] both = await UntilAsync(() => Lines(log)[before..], lines => lines.Length == 2);
                    Assert.Contains("\"BEGAN\"", both[0], StringComparison.Ordinal);
                    Assert.Contains("\"ENDED\"", both[1], StringComparison.Ordinal);
                    continue;
                }

                Assert.True(made.Length == (audited ? 1 : 0), $"{path}: {code} {reason}, {made.Length} lines");
                if (audited)
                {
                    Assert.Contains($"\"rpc\":\"{path}\"", made[0], StringComparison.Ordinal);
                    Assert.Contains($"\"code\":\"{(code == StatusCode.OK ? "OK" : Words.UpperSnake(code.ToString()))}\"", made[0], StringComparison.Ordinal);
                    Assert.Contains($"\"reason\":\"{reason}\"", made[0], StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public async Task Capture_IsTold_AsItBegins_WithWhatWasAskedFor_AndAsItEnds_WithWhatWasGivenAway()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using PacketEngine engine = new(new EngineOptions { Loops = 1, Mark = 0 }, NullLogger.Instance);
        Open(server, engine);
        using AuditReader reader = await AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest { Methods = { "CaptureTraffic" } });
        CaptureTrafficRequest request = new()
        {
            Device = "devices/tun0",
            SnapLength = 96,
            Filter = new CaptureFilter { Ports = { 53 } },
            MaxDuration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50)),
        };
        using (AsyncServerStreamingCall<CaptureTrafficResponse> call = server.Diagnostics.CaptureTraffic(request))
        {
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            {
            }
        }

        AuditRecord began = (await reader.NextAsync()).Record;
        AuditRecord ended = (await reader.NextAsync()).Record;
        Assert.Equal((Stage.Began, Stage.Ended, "OK"), (began.Stream.Stage, ended.Stream.Stage, ended.Code));
        Assert.Equal(began.Stream.StreamId, ended.Stream.StreamId);
        Assert.Null(began.Stream.Capture);
        Assert.Equal(0, ended.Stream.Capture.Captured);
        Assert.Equal(96, began.Request.Fields["snapLength"].NumberValue);
        Assert.Equal(53, began.Request.Fields["filter"].StructValue.Fields["ports"].ListValue.Values[0].NumberValue);
        Assert.True(ended.Duration.ToTimeSpan() >= TimeSpan.FromMilliseconds(50));

        // One whose reader leaves, and one that is refused.
        using (AsyncServerStreamingCall<CaptureTrafficResponse> call = server.Diagnostics.CaptureTraffic(new CaptureTrafficRequest { Device = "devices/tun0" }))
        {
            await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        }

        Assert.Equal(Stage.Began, (await reader.NextAsync()).Record.Stream.Stage);
        ended = (await reader.NextAsync()).Record;
        Assert.Equal((Stage.Ended, "CANCELLED"), (ended.Stream.Stage, ended.Code));
        Assert.NotNull(ended.Stream.Capture);
        await RichError.OfAsync(async () =>
        {
            using AsyncServerStreamingCall<CaptureTrafficResponse> call = server.Diagnostics.CaptureTraffic(new CaptureTrafficRequest { Device = "devices/no" });
            await call.ResponseStream.MoveNext(CancellationToken.None);
        });
        AuditRecord refused = (await reader.NextAsync()).Record;
        Assert.Equal(("NOT_FOUND", (Protocol.V1.AuditedStream?)null), (refused.Code, refused.Stream));
    }

    [Fact]
    public async Task ReadingTheLog_IsInTheLog()
    {
        await using TestServer server = await TestServer.StartAsync();
        using AuditReader watcher = await AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest(), readers: true);
        using (await AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest { Callers = { "token:ci" } }))
        {
            AuditRecord began = (await watcher.NextAsync()).Record;
            Assert.Equal((Stage.Began, "token:ci"), (began.Stream.Stage, began.Request.Fields["callers"].ListValue.Values[0].StringValue));
        }

        Assert.Equal(Stage.Ended, (await watcher.NextAsync()).Record.Stream.Stage);
    }

    [Fact]
    public async Task DeadlinesOfDrains_AreToldBySystem_WithWhatTheyClosed()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Test.Plane.OnSystemMutation = mutation => server.Audit.Write(mutation, TimeProvider.System);
        using AuditReader reader = await AuditReader.OpenAsync(server.Channel, new StreamAuditRecordsRequest { Callers = { "system" } });
        server.Test.Engine.Open();
        await server.Delegates.SwapDelegateAsync(new SwapDelegateRequest
        {
            Name = "delegates/egress",
            Proxy = "proxies/b",
            Existing = ExistingSessions.Drain,
            DrainTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(10)),
        });
        AuditRecord swapped = (await reader.NextAsync()).Record;
        Assert.Equal((AuditCause.DrainDeadline, "OK"), (swapped.Cause, swapped.Code));
        Assert.Contains("delegates/egress", swapped.Why, StringComparison.Ordinal);
        Assert.Contains("1 were closed", swapped.Why, StringComparison.Ordinal);
        Protocol.V1.AuditChange change = Assert.Single(swapped.Changes);
        Assert.Equal((Protocol.V1.Delegate.Types.State.Draining, Protocol.V1.Delegate.Types.State.Ready),
            (change.Before.Delegate.State, change.After.Delegate.State));
        server.Test.Engine.Open();
        await server.Devices.DrainDeviceAsync(new DrainDeviceRequest { Name = "devices/tun0", Timeout = new Duration() });
        AuditRecord drained = (await reader.NextAsync()).Record;
        Assert.Equal(AuditCause.DrainDeadline, drained.Cause);
        Assert.Contains("devices/tun0: the deadline of its drain is over; 1 sessions were closed", drained.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NewTokens_AreToldBySystem_WithWhoMayCall_AlsoWhenTheyAreRefused()
    {
        string token = TokenSecret.Create();
        string tokens = Path.Combine(_folder, "tokens");
        string log = Path.Combine(_folder, "audit.jsonl");
        await File.WriteAllTextAsync(tokens, TokenFile.Format(new TokenEntry("boss", Role.Admin, TokenSecret.Hash(token), null)));
        await using SecureServer server = await SecureServer.StartAsync($$"""
            listen: {grpc: ["http://127.0.0.1:0"], http: off, tokenFile: {{tokens}}}
            audit: {file: {{log}}}
            """);
        await File.WriteAllTextAsync(tokens, TokenFile.Format(new TokenEntry("ci", Role.Operator, TokenSecret.Hash(token), null)));
        await UntilAsync(() => Lines(log), lines => lines.Length == 1);
        await File.WriteAllTextAsync(tokens, "nonsense");
        string[] lines = await UntilAsync(() => Lines(log), all => all.Length == 2);
        Assert.Contains("tokens: boss admin became ci operator", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"cause\":\"CREDENTIALS_RELOADED\"", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"code\":\"INVALID_ARGUMENT\"", lines[1], StringComparison.Ordinal);
        Assert.Contains("ci operator stays in force", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain(TokenSecret.Hash(token), string.Concat(lines), StringComparison.Ordinal);
    }

    [Fact]
    public void ACommandOfThisMachine_IsALine_AndIsNotDoneWhereItCannotBe()
    {
        string log = Path.Combine(_folder, "audit.jsonl");
        using StringWriter errors = new(CultureInfo.InvariantCulture);
        using (CommandAudit audit = CommandAudit.TryOpen(log, errors, "release")!)
        {
            audit.Write(ControlPlane.Mutations.SystemCause.Released, "the kill switches of 0.0.0.0/0");
        }

        string line = Assert.Single(Lines(log));
        Assert.Contains("\"method\":\"command\"", line, StringComparison.Ordinal);
        Assert.Contains("\"identity\":\"uid:", line, StringComparison.Ordinal);
        Assert.Contains("\"cause\":\"RELEASED\"", line, StringComparison.Ordinal);
        Assert.Null(CommandAudit.TryOpen(Path.Combine(_folder, "none", "audit"), errors, "release"));
        Assert.Contains("nothing was done", errors.ToString(), StringComparison.Ordinal);
    }

    private static string[] Lines(string log) => File.Exists(log) ? File.ReadAllLines(log) : [];

    private static async Task<T> UntilAsync<T>(Func<T> read, Func<T, bool> isSo)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        T value;
        while (!isSo(value = read()))
        {
            await Task.Delay(20, patience.Token);
        }

        return value;
    }

    private static void Open(TestServer server, PacketEngine engine) => Services.DiagnosticsServiceTests.Open(server, engine);
}
