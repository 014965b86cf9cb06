namespace NetControl.ControlPlane.Storage;

/// <summary>Where desired state outlives the process.</summary>
/// <remarks>Thread rule: one caller at a time, any thread; the calls block.</remarks>
public interface IStateStore : IDisposable
{
    /// <summary>What is there, in words for a log line: a path, or "memory".</summary>
    string Description { get; }

    /// <summary>Reads everything.</summary>
    /// <exception cref="StorageException">It cannot be read.</exception>
    StoredState Load();

    /// <summary>Stores one transaction; when this returns it survives the process and the machine.</summary>
    /// <exception cref="StorageException">Nothing of it was stored.</exception>
    void Commit(StoredBatch batch);
}
