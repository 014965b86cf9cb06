using System.Threading.Tasks.Sources;
using NetControl.Network;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>
/// A stream whose far side is the test: reads wait for what is fed and complete inside <see cref="Feed"/>, as a loop's socket does, and
/// writes are kept, or held up while the test says so.
/// </summary>
internal sealed class FedStream : IStreamConnection, IValueTaskSource<int>
{
    private readonly Queue<byte[]> _fed = new();
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _buffer;
    private int _at;
    private bool _waiting;
    private bool _ended;
    private Exception? _fault;

    public AddrPort LocalAddress => AddrPort.Parse("192.0.2.1:1000");

    public AddrPort RemoteAddress => AddrPort.Parse("192.0.2.2:8388");

    public List<byte[]> Writes { get; } = [];

    public byte[] Written => [.. Writes.SelectMany(bytes => bytes)];

    public bool Record { get; set; } = true;

    public long WrittenBytes { get; private set; }

    /// <summary>While set, writes wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public Exception? WriteFault { get; set; }

    public bool WriteClosed { get; private set; }

    public bool Aborted { get; private set; }

    public bool Disposed { get; private set; }

    public int Reads { get; private set; }

    public int EmptyReads { get; private set; }

    public void Feed(params byte[] bytes)
    {
        _fed.Enqueue(bytes);
        Settle();
    }

    public void End()
    {
        _ended = true;
        Settle();
    }

    public void Break(Exception fault)
    {
        _fault = fault;
        Settle();
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Reads++;
        EmptyReads += buffer.IsEmpty ? 1 : 0;
        _read.Reset();
        _buffer = buffer;
        _waiting = true;
        Settle();
        return new ValueTask<int>(this, _read.Version);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (WriteFault is not null)
        {
            return ValueTask.FromException(WriteFault);
        }

        WrittenBytes += buffer.Length;
        if (Record)
        {
            Writes.Add(buffer.ToArray());
        }

        return Gate is null ? ValueTask.CompletedTask : new ValueTask(Gate.Task);
    }

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        WriteClosed = true;
        return ValueTask.CompletedTask;
    }

    public void CloseRead()
    {
    }

    public void Abort() => Aborted = true;

    public void Dispose()
    {
        Disposed = true;
        _fault ??= new IOException("disposed");
        Settle();
    }

    public int GetResult(short token) => _read.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _read.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    private void Settle()
    {
        if (!_waiting || (_fed.Count == 0 && !_ended && _fault is null))
        {
            return;
        }

        _waiting = false;
        if (_fed.TryPeek(out byte[]? bytes))
        {
            int count = Math.Min(_buffer.Length, bytes.Length - _at);
            bytes.AsSpan(_at, count).CopyTo(_buffer.Span);
            _at += count;
            if (_at == bytes.Length)
            {
                _fed.Dequeue();
                _at = 0;
            }

            _read.SetResult(count);
        }
        else if (_fault is not null)
        {
            _read.SetException(_fault);
        }
        else
        {
            _read.SetResult(0);
        }
    }
}
