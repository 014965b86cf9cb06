using NetControl.ControlPlane.Storage;

namespace NetControl.Server.Tests.Model;

/// <summary>A state file whose process dies at a chosen commit: before it, or when it is on the disk and nobody knows yet.</summary>
/// <remarks>What the server says once <see cref="Dead"/> is set was never said.</remarks>
internal sealed class DyingStore : IStateStore
{
    private readonly IStateStore _inner;
    private readonly Death _death;
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    public DyingStore(IStateStore inner, int commits, Death death)
    {
        _inner = inner;
        _left = commits;
        _death = death;
    }

    /// <summary>How a process ends.</summary>
    public enum Death
    {
        /// <summary>In good order.</summary>
        Asked,

        /// <summary>Killed before the commit.</summary>
        Before,

        /// <summary>Killed after the commit.</summary>
        After,
    }

    public bool Dead => _died.Task.IsCompleted;

    public Task Died => _died.Task;

    public string Description => _inner.Description;

    public StoredState Load() => _inner.Load();

    public void Commit(StoredBatch batch)
    {
        if (Dead && _death != Death.Asked)
        {
            throw Killed();
        }

        if (--_left > 0 || _death == Death.Asked)
        {
            _inner.Commit(batch);
            if (_left <= 0)
            {
                _died.TrySetResult();
            }

            return;
        }

        if (_death == Death.After)
        {
            _inner.Commit(batch);
        }

        _died.TrySetResult();
        throw Killed();
    }

    public void Die() => _died.TrySetResult();

    public void Dispose() => _inner.Dispose();

    private static StorageException Killed() => new(StorageError.Failed, "the process is dead");
}
