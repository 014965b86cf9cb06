using NetControl.Network;

namespace NetControl.Engine.Tests.Flows;

/// <summary>A stream that says nothing and takes everything; it counts what is done to it.</summary>
internal sealed class IdleStream : IStreamConnection
{
    private readonly TaskCompletionSource<int> _end = new();

    public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Aborts { get; private set; }

    /// <summary>Thrown by every write.</summary>
    public Exception? WriteFailure { get; init; }

    /// <summary>Thrown by Abort and Dispose.</summary>
    public Exception? EndFailure { get; init; }

    public AddrPort LocalAddress => default;

    public AddrPort RemoteAddress => default;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(_end.Task.WaitAsync(cancellationToken));

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        WriteFailure is null ? ValueTask.CompletedTask : throw WriteFailure;

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public void CloseRead()
    {
    }

    public void Abort()
    {
        Aborts++;
        Fail();
    }

    public void Dispose()
    {
        Disposed.TrySetResult();
        Fail();
    }

    private void Fail()
    {
        if (EndFailure is not null)
        {
            Disposed.TrySetResult();
            throw EndFailure;
        }
    }
}
