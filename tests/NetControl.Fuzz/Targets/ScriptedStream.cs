using NetControl.Network;

namespace NetControl.Fuzz.Targets;

/// <summary>An upstream connection that says, takes and breaks what the script says; it completes everything inline.</summary>
internal sealed class ScriptedStream : IStreamConnection
{
    private int _waiting;
    private bool _atEnd;
    private bool _blocked;
    private IOException? _fault;
    private Memory<byte> _buffer;
    private TaskCompletionSource<int>? _read;
    private TaskCompletionSource? _write;

    public bool IsEnded { get; private set; }

    public AddrPort LocalAddress => default;

    public AddrPort RemoteAddress => default;

    /// <summary>Says bytes (0), ends (1), breaks (2), or stops taking bytes until the next time (3).</summary>
    public void Act(int what, int amount)
    {
        switch (what)
        {
            case 0 when !_atEnd:
                _waiting = Math.Min(_waiting + (amount * 97), 1 << 20);
                break;
            case 1:
                _atEnd = true;
                break;
            case 2:
                _fault ??= new IOException("broken");
                break;
            case 3:
                _blocked = !_blocked;
                break;
        }

        Settle();
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
        _buffer = buffer;
        TaskCompletionSource<int> read = new();
        _read = read;
        cancellationToken.Register(() => read.TrySetCanceled(cancellationToken));
        Settle();
        return new ValueTask<int>(read.Task);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
        TaskCompletionSource write = new();
        _write = write;
        cancellationToken.Register(() => write.TrySetCanceled(cancellationToken));
        Settle();
        return new ValueTask(write.Task);
    }

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
        return ValueTask.CompletedTask;
    }

    public void CloseRead()
    {
    }

    public void Abort() => Dispose();

    public void Dispose()
    {
        IsEnded = true;
        _fault ??= new IOException("disposed");
        Settle();
    }

    private void Settle()
    {
        if (_write is { } write && (_fault is not null || !_blocked))
        {
            _write = null;
            _ = _fault is null ? write.TrySetResult() : write.TrySetException(_fault);
        }

        if (_read is { } read && (_fault is not null || _waiting > 0 || _atEnd))
        {
            _read = null;
            int count = Math.Min(_waiting, _buffer.Length);
            _waiting -= _fault is null ? count : 0;
            _ = _fault is null ? read.TrySetResult(count) : read.TrySetException(_fault);
        }
    }

    private void ThrowIfOver()
    {
        if (_fault is not null)
        {
            throw _fault;
        }
    }
}
