namespace NetControl.Server.Logging;

/// <summary>One category's logger.</summary>
internal sealed class StderrLogger : ILogger
{
    private readonly string _category;
    private readonly LogLevel _level;
    private readonly LogWriter _writer;

    public StderrLogger(string category, LogLevel level, LogWriter writer)
    {
        _category = category;
        _level = level;
        _writer = writer;
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _level && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?,
        string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _writer.Write(DateTimeOffset.UtcNow, logLevel, _category, formatter(state, exception),
                state as IReadOnlyList<KeyValuePair<string, object?>>, exception);
        }
    }
}
