using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Loops;

namespace NetControl.Engine.Tests.Loops;

/// <summary>A loop that runs for the length of a test.</summary>
internal sealed class RunningLoop : LoopCaller, IAsyncDisposable
{
    public RunningLoop()
    {
        Loop = new EventLoop(0, NullLogger.Instance);
        Loop.Start();
    }

    public override EventLoop Loop { get; }

    public async ValueTask DisposeAsync()
    {
        await Loop.StopAsync();
        Loop.Dispose();
    }
}
