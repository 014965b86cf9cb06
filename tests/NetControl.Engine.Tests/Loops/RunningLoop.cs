using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Loops;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Loops;

/// <summary>A loop that runs for the length of a test.</summary>
internal sealed class RunningLoop : IAsyncDisposable
{
    public RunningLoop()
    {
        Loop = new EventLoop(0, NullLogger.Instance);
        Loop.Start();
    }

    public EventLoop Loop { get; }

    /// <summary>Runs something on the loop and waits for it.</summary>
    public Task<T> On<T>(Func<T> function) => Loop.InvokeAsync(function).WaitAsync(PeerHost.Patience);

    /// <summary>Runs something on the loop and waits for it.</summary>
    public Task On(Action action) => On(() =>
    {
        action();
        return 0;
    });

    /// <summary>Begins an async method on the loop and waits for its end.</summary>
    public async Task<T> Async<T>(Func<Task<T>> method)
    {
        T result = await (await On(method)).WaitAsync(PeerHost.Patience);
        await Task.Yield(); // what the loop completes may go on inside it, and a test must not
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await Loop.StopAsync();
        Loop.Dispose();
    }
}
