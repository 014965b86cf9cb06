using System.IO.Pipelines;
using NetControl.Network;

namespace NetControl.Benchmarks.Transport;

/// <summary>A connection without a network: first a pair of pipes, for a handshake; then what is written goes nowhere, or is kept, and what is
/// read was recorded before.</summary>
/// <remarks>Everything completes at once after the handshake, so that a measurement of the stream above it is of that alone.</remarks>
internal sealed class MemoryConnection(PipeReader from, PipeWriter to) : IStreamConnection
{
    private ReadOnlyMemory<byte> _replay;
    private MemoryStream? _record;
    private bool _closed;

    public AddrPort LocalAddress => default;

    public AddrPort RemoteAddress => default;

    /// <summary>Whether pipes are behind it no more.</summary>
    public bool IsCut { get; set; }

    public static (MemoryConnection One, MemoryConnection Other) Pair()
    {
        PipeOptions options = new(readerScheduler: PipeScheduler.ThreadPool, writerScheduler: PipeScheduler.ThreadPool, useSynchronizationContext: false);
        Pipe there = new(options);
        Pipe back = new(options);
        return (new MemoryConnection(back.Reader, there.Writer), new MemoryConnection(there.Reader, back.Writer));
    }

    /// <summary>Keeps what is written from now on.</summary>
    public void Record() => _record = new MemoryStream();

    /// <summary>What was written since <see cref="Record"/>.</summary>
    public byte[] Recorded()
    {
        byte[] all = _record!.ToArray();
        _record = null;
        return all;
    }

    /// <summary>Gives these bytes to the reader.</summary>
    public void Replay(ReadOnlyMemory<byte> bytes) => _replay = bytes;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsCut)
        {
            return ReadPipeAsync(buffer, cancellationToken);
        }

        int count = Math.Min(buffer.Length, _replay.Length);
        _replay.Span[..count].CopyTo(buffer.Span);
        _replay = _replay[count..];
        return new ValueTask<int>(count);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsCut)
        {
            return WritePipeAsync(buffer, cancellationToken);
        }

        _record?.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public void CloseRead()
    {
    }

    public void Abort() => Dispose();

    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            to.Complete();
            from.Complete();
        }
    }

    private async ValueTask<int> ReadPipeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ReadResult result = await from.ReadAsync(cancellationToken);
        int count = (int)Math.Min(buffer.Length, result.Buffer.Length);
        int left = count;
        foreach (ReadOnlyMemory<byte> piece in result.Buffer)
        {
            int length = Math.Min(left, piece.Length);
            piece.Span[..length].CopyTo(buffer.Span[(count - left)..]);
            left -= length;
        }

        from.AdvanceTo(result.Buffer.GetPosition(count));
        return count;
    }

    private async ValueTask WritePipeAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) =>
        await to.WriteAsync(buffer, cancellationToken);
}
