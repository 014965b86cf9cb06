using Grpc.Core;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Model;

/// <summary>A server from its start to its end, and all that its stream of resources told meanwhile.</summary>
internal sealed class Life
{
    private readonly DyingStore _store;
    private readonly Task _watching;
    private readonly AsyncServerStreamingCall<WatchResourcesResponse> _watch;
    private readonly TaskCompletionSource<Life> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _snapshot = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Life(TestServer server, DyingStore store)
    {
        Server = server;
        _store = store;
        First = Revision;
        _watch = server.Configuration.WatchResources(new WatchResourcesRequest(), deadline: null);
        _watching = WatchAsync();
    }

    public TestServer Server { get; }

    /// <summary>Nothing that the server said from now on was said.</summary>
    public bool Dead => _store.Dead;

    public Task Died => _store.Died;

    /// <summary>The life that follows.</summary>
    public Task<Life> Next => _next.Task;

    /// <summary>Everything that the stream told.</summary>
    public List<ResourceChange> Told { get; } = [];

    /// <summary>The revision that it began with.</summary>
    public long First { get; }

    /// <summary>The revision in force.</summary>
    public long Revision => Server.Test.Plane.Configuration.Generation;

    public static async Task<Life> BeginAsync(string path, int commits, DyingStore.Death death)
    {
        DyingStore store = new(SqliteStateStore.Open(path, TimeProvider.System), commits, death);
        TestPlane plane = new(store: store);
        plane.Plane.Restore();
        Life life = new(await TestServer.StartAsync(plane), store);
        await Task.WhenAny(life._snapshot.Task, life._watching);
        return life;
    }

    /// <summary>Ends it as its death wants it.</summary>
    public async Task EndAsync()
    {
        _store.Die();
        await Server.Test.Plane.ShutdownAsync();
        await _watching;
        _watch.Dispose();
        await Server.DisposeAsync();
        _store.Dispose();
    }

    /// <summary>Lets the callers go on with the life that follows.</summary>
    public void GoOn(Life next) => _next.SetResult(next);

    private async Task WatchAsync()
    {
        while (await _watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            WatchResourcesResponse message = _watch.ResponseStream.Current;
            Assert.Null(message.Relist);
            if (message.SnapshotEnd is not null)
            {
                _snapshot.SetResult();
            }
            else if (message.Changed is { } change)
            {
                Told.Add(change);
            }
        }
    }
}
