using System.Threading.Tasks.Sources;
using NetControl.Network;

namespace NetControl.Transport.Tests.Socks5;

/// <summary>
/// A stream connection whose reads wait until the test feeds bytes and then complete inline, inside <see cref="Feed"/>, as a loop's socket
/// does.
/// </summary>
internal sealed class SignalledStreamConnection : IStreamConnection, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _buffer;

    public AddrPort LocalAddress => default;

    public AddrPort RemoteAddress => AddrPort.Parse("192.0.2.2:1080");

    public void Feed(params ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, _buffer.Length);
            bytes[..length].CopyTo(_buffer.Span);
            bytes = bytes[length..];
            _buffer = default;
            _read.SetResult(length);
        }
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _read.Reset();
        _buffer = buffer;
        return new ValueTask<int>(this, _read.Version);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

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
}
