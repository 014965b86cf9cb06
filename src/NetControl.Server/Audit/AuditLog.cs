using System.Runtime.InteropServices;

namespace NetControl.Server.Audit;

/// <summary>Writes the audit log: into memory, for those who follow it, and into the file where one is configured.</summary>
/// <remarks>
/// The line is written before the answer goes out. A disk that is full does not stop the control plane: the line is counted as lost, and the
/// log says so. Attempts by strangers are bounded: what nobody vouches for may not fill the disk. Threads: any.
/// </remarks>
internal sealed partial class AuditLog : IDisposable
{
    private const int MostStrangersASecond = 10;
    private const int Usr1 = 10; // SIGUSR1 on x86-64 and arm64; PosixSignal takes a raw number.

    private readonly AuditFile? _file;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly PosixSignalRegistration _reopen;
    private readonly Lock _gate = new();
    private long _strangersSecond;
    private int _strangers;
    private long _written;
    private long _lost;
    private long _suppressed;

    public AuditLog(AuditFile? file, TimeProvider time, ILogger logger)
    {
        _file = file;
        _time = time;
        _logger = logger;

        // Without a file, too: what is not handled would end the process.
        _reopen = PosixSignalRegistration.Create((PosixSignal)Usr1, OnReopen);
    }

    /// <summary>The last entries.</summary>
    public AuditRing Recent { get; } = new();

    /// <summary>Lines written.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Lines that could not be written.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Attempts of unknown callers that were too many to write down.</summary>
    public long Suppressed => Volatile.Read(ref _suppressed);

    public void Write(AuditEntry entry)
    {
        if (entry.Caller is null && !AllowStranger())
        {
            Interlocked.Increment(ref _suppressed);
            return;
        }

        AuditEntry redacted = entry.Redact();
        Recent.Append(redacted);
        if (_file is null)
        {
            return;
        }

        try
        {
            _file.Append(AuditLine.Format(redacted));
            Interlocked.Increment(ref _written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Interlocked.Increment(ref _lost);
            LogLost(e, entry.Rpc, entry.Caller?.Identity ?? "");
        }
    }

    public void Dispose()
    {
        _reopen.Dispose();
        _file?.Dispose();
    }

    private bool AllowStranger()
    {
        lock (_gate)
        {
            long second = _time.GetUtcNow().ToUnixTimeSeconds();
            if (second != _strangersSecond)
            {
                _strangersSecond = second;
                _strangers = 0;
            }

            return _strangers++ < MostStrangersASecond;
        }
    }

    private void OnReopen(PosixSignalContext context)
    {
        context.Cancel = true;
        try
        {
            _file?.Reopen();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogReopenFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the audit log lost a line: {Rpc} by {Identity}")]
    private partial void LogLost(Exception e, string rpc, string identity);

    [LoggerMessage(Level = LogLevel.Error, Message = "the audit log cannot be opened anew; the old file is written to")]
    private partial void LogReopenFailed(Exception e);
}
