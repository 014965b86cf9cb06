namespace NetControl.Server.Telemetry;

/// <summary>Log lines to where they went, and to the collector as well.</summary>
internal sealed class ExportingLoggerProvider : ILoggerProvider
{
    private readonly ILoggerProvider _inner;
    private readonly TelemetryExport _export;

    public ExportingLoggerProvider(ILoggerProvider inner, TelemetryExport export)
    {
        _inner = inner;
        _export = export;
    }

    public ILogger CreateLogger(string categoryName) => new Both(_inner.CreateLogger(categoryName), _export.CreateLogger(categoryName));

    // Both belong to whoever made them.
    public void Dispose()
    {
    }

    private sealed class Both : ILogger
    {
        private readonly ILogger _line;
        private readonly ILogger _record;

        public Both(ILogger line, ILogger record)
        {
            _line = line;
            _record = record;
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => _line.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            _line.Log(logLevel, eventId, state, exception, formatter);
            if (_line.IsEnabled(logLevel))
            {
                _record.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
