namespace NetControl.Server.Hosting;

/// <summary>What the process says of itself.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "ended in good order")]
    public static partial void Ended(ILogger logger);
}
