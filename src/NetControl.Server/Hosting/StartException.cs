namespace NetControl.Server.Hosting;

/// <summary>The process cannot start: one clear sentence, and the exit code that goes with it.</summary>
internal sealed class StartException : Exception
{
    public StartException(int exitCode, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ExitCode = exitCode;
    }

    public int ExitCode { get; }
}
