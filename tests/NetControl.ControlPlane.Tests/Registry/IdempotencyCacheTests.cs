using System.Text;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Storage;
using NetControl.Testing;

namespace NetControl.ControlPlane.Tests.Registry;

public sealed class IdempotencyCacheTests
{
    private const string Id = "4f1c8b9e-5a57-4b0e-9c3e-0d7f4a1d2b3c";
    private readonly IdempotencyCache _cache = new(TimeProvider.System);
    private int _runs;

    [Fact]
    public async Task SameId_SameRequest_RunsOnce()
    {
        Assert.Equal("1", await RunAsync(Id, "a"));
        Assert.Equal("1", await RunAsync(Id, "a"));
        Assert.Equal(1, _cache.Replays);
    }

    [Fact]
    public async Task SameId_OtherRequest_IsRefused()
    {
        await RunAsync(Id, "a");
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => RunAsync(Id, "b"));
        Assert.Equal(ControlPlaneError.RequestIdReused, e.Error);
    }

    [Fact]
    public async Task NoId_RunsEachTime()
    {
        await RunAsync("", "a");
        Assert.Equal("2", await RunAsync("", "a"));
    }

    [Fact]
    public async Task Failure_IsForgotten()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _cache.RunAsync<string>(Mutation(Id, "a"), () => throw new InvalidOperationException(), Decode));
        Assert.Equal("1", await RunAsync(Id, "a"));
    }

    [Fact]
    public async Task AnswerAfterAFailure_IsRememberedForItsWholeTime()
    {
        ManualTimeProvider time = new();
        IdempotencyCache cache = new(time);
        Task<string> Try(Func<Task<string>> work) => cache.RunAsync(Mutation(Id, "a"), work, Decode);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Try(() => throw new InvalidOperationException()));
        time.Advance(IdempotencyCache.Lifetime - TimeSpan.FromSeconds(1));
        await Try(() => Task.FromResult("first"));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("first", await Try(() => Task.FromResult("again")));
        time.Advance(IdempotencyCache.Lifetime);
        Assert.Equal("again", await Try(() => Task.FromResult("again")));
    }

    [Fact]
    public async Task Repetition_WhileTheFirstRuns_WaitsForIt()
    {
        TaskCompletionSource<string> first = new();
        Task<string> one = _cache.RunAsync(Mutation(Id, "a"), () => first.Task, Decode);
        Task<string> two = RunAsync(Id, "a");
        Assert.False(two.IsCompleted);
        first.SetResult("x");
        Assert.Equal(("x", "x"), (await one, await two));
        Assert.Equal(0, _runs);
    }

    [Fact]
    public async Task AnswerOfAFormerProcess_IsGivenAgain()
    {
        _cache.Restore([new StoredAnswer(Guid.Parse(Id), "m", "a"u8.ToArray(), "old"u8.ToArray(), DateTimeOffset.UtcNow.AddMinutes(1))]);
        Assert.Equal("old", await RunAsync(Id, "a"));
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => RunAsync(Id, "b"));
        Assert.Equal((ControlPlaneError.RequestIdReused, 0), (e.Error, _runs));
    }

    [Fact]
    public async Task Id_ThatIsNoUuid_IsRefused() =>
        Assert.Equal(ControlPlaneError.InvalidArgument, (await Assert.ThrowsAsync<ControlPlaneException>(() => RunAsync("x", "a"))).Error);

    private async Task<string> RunAsync(string id, string body) =>
        await _cache.RunAsync(Mutation(id, body), () => Task.FromResult($"{++_runs}"), Decode);

    private static MutationContext Mutation(string id, string body) =>
        new() { RequestId = id, Method = "m", Fingerprint = Encoding.UTF8.GetBytes(body) };

    private static string Decode(byte[] stored) => Encoding.UTF8.GetString(stored);
}
