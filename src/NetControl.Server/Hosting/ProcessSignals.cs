using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace NetControl.Server.Hosting;

/// <summary>SIGTERM and SIGINT: the first asks for an end in good order, the second ends the process. SIGHUP: read the file again.</summary>
internal sealed class ProcessSignals : IDisposable
{
    private readonly TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _hangUp;
    private readonly Channel<bool> _reloads = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public ProcessSignals()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _reloads.Writer.TryWrite(true);
        });
    }

    /// <summary>Done when the first signal came.</summary>
    public Task Requested => _requested.Task;

    /// <summary>One item for each wish to read the file again; wishes that come while one waits are one.</summary>
    public ChannelReader<bool> Reloads => _reloads.Reader;

    public void Dispose()
    {
        _hangUp.Dispose();
        _terminate.Dispose();
        _interrupt.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_requested.TrySetResult())
        {
            Environment.Exit(ExitCode.Forced);
        }
    }
}
