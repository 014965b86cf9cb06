using System.Threading.Tasks.Sources;
using NetControl.Network;

namespace NetControl.Transport.Tests;

/// <summary>One end of a pair in memory whose reads complete inside the other end's writes, as a loop's socket completes them: one thread, no garbage.</summary>
internal sealed class InlineConnection : IStreamConnection, IValueTaskSource<int>
{
    private readonly byte[] _bytes = new byte[1 << 20];
    private ManualResetValueTaskSourceCore<int> _read;
    private InlineConnection _peer = null!;
    private Memory<byte> _buffer;
    private int _start;
    private int _end;
    private bool _pending;
    private bool _closed;
    private int _thread;

    public AddrPort LocalAddress => default;

    public AddrPort RemoteAddress => default;

    /// <summary>The length of the buffer that a read waits with; -1 if none waits.</summary>
    public int WaitsWith => _pending ? _buffer.Length : -1;

    /// <summary>How many calls came from another thread than the first.</summary>
    public int Strays { get; private set; }

    public static (InlineConnection Client, InlineConnection Server) MakePair()
    {
        InlineConnection client = new(), server = new();
        client._peer = server;
        server._peer = client;
        return (client, server);
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        NoteThread();
        if (_end > _start || _closed)
        {
            return new ValueTask<int>(Take(buffer));
        }

        _read.Reset();
        _buffer = buffer;
        _pending = true;
        return new ValueTask<int>(this, _read.Version);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        NoteThread();
        _peer.Deliver(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        NoteThread();
        _peer._closed = true;
        _peer.Complete();
        return ValueTask.CompletedTask;
    }

    public void CloseRead()
    {
    }

    public void Abort()
    {
    }

    public void Dispose()
    {
    }

    public int GetResult(short token) => _read.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _read.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    private void Deliver(ReadOnlySpan<byte> bytes)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
        Complete();
    }

    private void Complete()
    {
        if (_pending)
        {
            _pending = false;
            _read.SetResult(Take(_buffer));
        }
    }

    private int Take(Memory<byte> buffer)
    {
        int length = Math.Min(buffer.Length, _end - _start);
        _bytes.AsSpan(_start, length).CopyTo(buffer.Span);
        _start += length;
        return length;
    }

    private void NoteThread()
    {
        _thread = _thread == 0 ? Environment.CurrentManagedThreadId : _thread;
        Strays += _thread == Environment.CurrentManagedThreadId ? 0 : 1;
    }
}
