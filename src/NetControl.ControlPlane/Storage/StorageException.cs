namespace NetControl.ControlPlane.Storage;

/// <summary>The store could not be opened, read or written.</summary>
public sealed class StorageException : Exception
{
    /// <summary>Makes an exception.</summary>
    public StorageException(StorageError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>What is wrong.</summary>
    public StorageError Error { get; }
}
