using System.Diagnostics;

namespace NetControl.EndToEnd.Tests;

/// <summary>A program that runs beside a test, with all its children, and ends with it.</summary>
internal sealed class BackgroundProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _drained;

    public BackgroundProgram(Process process)
    {
        _process = process;
        _drained = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        await _drained;
        _process.Dispose();
    }
}
