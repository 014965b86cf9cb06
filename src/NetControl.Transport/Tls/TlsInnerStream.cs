using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>The framework's stream face of a connection, for what lies under TLS.</summary>
/// <remarks>
/// Hands the connection's value tasks on as they are: what completes inline on an event loop goes on inline, and TLS never leaves the
/// loop's thread. The end of the connection is an error here, unless options say otherwise: the end that counts is told inside TLS, by
/// close_notify.
/// </remarks>
internal sealed class TlsInnerStream(IStreamConnection connection) : Stream
{
    /// <summary>Whether the end of the connection is believed, too.</summary>
    public bool EndsWithConnection { get; set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await connection.ReadAsync(buffer, cancellationToken);
        return count > 0 || buffer.IsEmpty || EndsWithConnection
            ? count
            : throw new IOException("the connection ended without TLS's own end (close_notify): what came may be cut short");
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
