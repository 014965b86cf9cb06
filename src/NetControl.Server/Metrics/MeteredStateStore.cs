using System.Diagnostics;
using NetControl.ControlPlane.Storage;

namespace NetControl.Server.Metrics;

/// <summary>A store whose commits are timed and whose failures are counted.</summary>
internal sealed class MeteredStateStore : IStateStore
{
    private readonly IStateStore _store;
    private readonly ControlMetrics _metrics;

    /// <summary>Takes the store over: disposal disposes it.</summary>
    public MeteredStateStore(IStateStore store, ControlMetrics metrics)
    {
        _store = store;
        _metrics = metrics;
    }

    public string Description => _store.Description;

    public StoredState Load() => _store.Load();

    public void Commit(StoredBatch batch)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            _store.Commit(batch);
            _metrics.CountCommit(Stopwatch.GetElapsedTime(start));
        }
        catch (StorageException e)
        {
            _metrics.CountFailure(e.Error);
            throw;
        }
    }

    public void Dispose() => _store.Dispose();
}
