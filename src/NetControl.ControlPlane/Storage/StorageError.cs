namespace NetControl.ControlPlane.Storage;

/// <summary>What is wrong with the store.</summary>
public enum StorageError
{
    /// <summary>Another process has it open.</summary>
    InUse,

    /// <summary>The path may not be read or written.</summary>
    Denied,

    /// <summary>No space is left.</summary>
    Full,

    /// <summary>It is no state file, or a broken one.</summary>
    Corrupt,

    /// <summary>A newer version wrote it.</summary>
    TooNew,

    /// <summary>Reading or writing failed.</summary>
    Failed,
}
