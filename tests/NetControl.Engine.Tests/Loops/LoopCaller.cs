using NetControl.Engine.Loops;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Loops;

/// <summary>Does things on a loop for a test, and waits for them.</summary>
internal abstract class LoopCaller
{
    public abstract EventLoop Loop { get; }

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
}
