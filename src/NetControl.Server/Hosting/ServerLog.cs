namespace NetControl.Server.Hosting;

/// <summary>What the process says of itself.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "ended in good order")]
    public static partial void Ended(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "desired state is kept in {Store}, generation {Generation}")]
    public static partial void State(ILogger logger, string store, long generation);

    [LoggerMessage(Level = LogLevel.Information, Message = "applied {File} again: {Steps} steps")]
    public static partial void Reloaded(ILogger logger, string file, int steps);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} was not applied, everything is as before: {Error}")]
    public static partial void NotReloaded(ILogger logger, string file, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "what {File} says about listening has changed, and counts after a restart only")]
    public static partial void ListenUnchanged(ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "SIGHUP, but no --config: nothing to read again")]
    public static partial void NothingToReload(ILogger logger);
}
