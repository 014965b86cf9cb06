namespace NetControl.Network;

/// <summary>What an exception is asked for (<c>is IPosixError</c>) that was made of a failed system call, of whatever layer.</summary>
public interface IPosixError
{
    /// <summary>The kernel's error number.</summary>
    int ErrorNumber { get; }
}
