using NetControl.Network;

namespace NetControl.Transport.Tests.Socks5;

/// <summary>A stream connection whose far side is a list of answers; completes everything inline, as a loop's connection does.</summary>
internal sealed class MemoryStreamConnection : IStreamConnection
{
    private readonly byte[] _answer;
    private readonly bool _hang;
    private int _at;

    /// <param name="answer">What the far side sends.</param>
    /// <param name="hang">Whether it then stays silent instead of closing.</param>
    public MemoryStreamConnection(byte[] answer, bool hang = false)
    {
        _answer = answer;
        _hang = hang;
    }

    public AddrPort LocalAddress => AddrPort.Parse("192.0.2.1:1000");

    public AddrPort RemoteAddress { get; init; } = AddrPort.Parse("192.0.2.2:1080");

    public int MostBytesPerRead { get; init; } = int.MaxValue;

    public List<byte[]> Writes { get; } = [];

    public int Consumed => _at;

    public bool Aborted { get; private set; }

    public bool Disposed { get; private set; }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int length = Math.Min(Math.Min(buffer.Length, MostBytesPerRead), _answer.Length - _at);
        if (length == 0 && _hang)
        {
            return new ValueTask<int>(Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(
                static (task, _) => task.IsCanceled ? throw new OperationCanceledException() : 0, null, cancellationToken, TaskContinuationOptions.None, TaskScheduler.Default));
        }

        _answer.AsSpan(_at, length).CopyTo(buffer.Span);
        _at += length;
        return new ValueTask<int>(length);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Writes.Add(buffer.ToArray());
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public void CloseRead()
    {
    }

    public void Abort() => Aborted = true;

    public void Dispose() => Disposed = true;
}
