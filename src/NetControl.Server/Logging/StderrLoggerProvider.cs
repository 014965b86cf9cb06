namespace NetControl.Server.Logging;

/// <summary>Logs to standard error, one line each, as text or as a JSON object.</summary>
/// <remarks>
/// The framework's console logger costs a thread, a queue and an options pipeline; a control plane that writes a few lines an hour needs
/// none of them. Thread rule: any thread; a line is written whole.
/// </remarks>
internal sealed class StderrLoggerProvider : ILoggerProvider
{
    private readonly LogLevel _level;
    private readonly LogWriter _writer;

    public StderrLoggerProvider(LogLevel level, bool json)
    {
        _level = level;
        _writer = new LogWriter(Console.OpenStandardError(), json);
    }

    public ILogger CreateLogger(string categoryName)
    {
        // The framework's own chatter is for those who ask for it.
        bool ours = categoryName.StartsWith("NetControl", StringComparison.Ordinal);
        LogLevel level = ours || _level <= LogLevel.Debug ? _level : (LogLevel)Math.Max((int)_level, (int)LogLevel.Warning);
        return new StderrLogger(categoryName, level, _writer);
    }

    public void Dispose() => _writer.Dispose();
}
