using System.Runtime.CompilerServices;

namespace NetControl.Engine.Loops;

/// <summary>Awaiting it brings the caller onto a loop: at once if it is there already, by a post otherwise.</summary>
internal readonly struct LoopAwaitable(EventLoop loop) : ICriticalNotifyCompletion
{
    /// <summary>Whether the caller is on the loop.</summary>
    public bool IsCompleted => loop.InLoop;

    /// <summary>The awaiter is the value itself.</summary>
    public LoopAwaitable GetAwaiter() => this;

    /// <summary>Nothing to give.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation) => loop.Post(static action => ((Action)action!)(), continuation);
}
