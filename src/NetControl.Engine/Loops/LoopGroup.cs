using Microsoft.Extensions.Logging;

namespace NetControl.Engine.Loops;

/// <summary>The fixed set of loops of an engine.</summary>
internal sealed class LoopGroup : IAsyncDisposable
{
    private readonly EventLoop[] _loops;
    private int _next;

    /// <summary>Makes the loops; they do not run yet.</summary>
    public LoopGroup(int count, ILogger logger)
    {
        _loops = new EventLoop[count];
        for (int i = 0; i < count; i++)
        {
            _loops[i] = new EventLoop(i, logger);
        }
    }

    /// <summary>How many loops there are.</summary>
    public int Count => _loops.Length;

    /// <summary>A loop by its index.</summary>
    public EventLoop this[int index] => _loops[index];

    /// <summary>Starts all loops.</summary>
    public void Start()
    {
        foreach (EventLoop loop in _loops)
        {
            loop.Start();
        }
    }

    /// <summary>The calling thread's loop, or one in turn for a caller that has none.</summary>
    public EventLoop CurrentOrNext() =>
        EventLoop.Current ?? _loops[(int)((uint)Interlocked.Increment(ref _next) % (uint)_loops.Length)];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_loops.Select(loop => loop.StopAsync()));
        foreach (EventLoop loop in _loops)
        {
            loop.Dispose();
        }
    }
}
