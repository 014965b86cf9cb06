namespace NetControl.ControlPlane.Storage;

/// <summary>A store that forgets: what was wished lives as long as the process.</summary>
public sealed class MemoryStateStore : IStateStore
{
    /// <inheritdoc/>
    public string Description => "memory";

    /// <inheritdoc/>
    public StoredState Load() => new();

    /// <inheritdoc/>
    public void Commit(StoredBatch batch)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
