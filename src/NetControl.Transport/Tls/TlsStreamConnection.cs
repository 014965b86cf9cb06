using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>A stream inside TLS.</summary>
/// <remarks>
/// Owns the connection beneath. Owner of the calls: whoever owns the connection beneath, on its loop if it has one. The end of the stream
/// is the server's close_notify; a connection that merely ends has been cut short and fails. Buffers: TLS holds one record while a read is
/// under way, none while there is nothing to read or write.
/// </remarks>
public sealed class TlsStreamConnection : IStreamConnection
{
    private readonly IStreamConnection _inner;
    private readonly SslStream _ssl;
    private bool _reads;
    private bool _writeClosed;

    internal TlsStreamConnection(IStreamConnection inner, SslStream ssl)
    {
        _inner = inner;
        _ssl = ssl;
    }

    /// <inheritdoc/>
    public AddrPort LocalAddress => _inner.LocalAddress;

    /// <inheritdoc/>
    public AddrPort RemoteAddress => _inner.RemoteAddress;

    /// <summary>The application protocol that the server chose (ALPN), such as <c>h2</c>; empty if it chose none.</summary>
    public string ApplicationProtocol => _ssl.NegotiatedApplicationProtocol.ToString();

    /// <summary>The version of TLS that was agreed on.</summary>
    public SslProtocols Version => _ssl.SslProtocol;

    /// <summary>The server's certificate. The connection's own: not to be disposed.</summary>
    public X509Certificate2? RemoteCertificate => _ssl.RemoteCertificate as X509Certificate2;

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reads = true;
        ValueTask<int> read = _ssl.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? read : WaitAsync(read);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        static async ValueTask<int> WaitAsync(ValueTask<int> read)
        {
            try
            {
                return await read;
            }
            catch (Exception e) when (IsFault(e))
            {
                throw Broken(e);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A record without bytes would be sent; the question whether the stream is broken is for the connection beneath.
        ValueTask write = buffer.IsEmpty ? _inner.WriteAsync(buffer, cancellationToken) : _ssl.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? write : WaitAsync(write, cancellationToken);
    }

    /// <summary>Says close_notify, then ends the writing half of the connection beneath. Reading goes on.</summary>
    public async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        if (_writeClosed)
        {
            return;
        }

        _writeClosed = true;
        try
        {
            await _ssl.ShutdownAsync();
            await _inner.CloseWriteAsync(cancellationToken);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Broken(e);
        }
    }

    /// <inheritdoc/>
    public void CloseRead() => _inner.CloseRead();

    /// <inheritdoc/>
    public void Abort() => _inner.Abort();

    /// <inheritdoc/>
    public void Dispose()
    {
        // The connection first: it fails the calls that are out, which then let go of TLS.
        _inner.Dispose();
        _ssl.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask write, CancellationToken cancellationToken)
    {
        try
        {
            await write;
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Broken(await LastWordAsync(cancellationToken) ?? e);
        }
    }

    /// <summary>
    /// What the server said before it broke the connection, if nobody has read yet. In TLS 1.3 a client's handshake is done before the server has
    /// judged the client's certificate: the first that it hears of a refusal is that it cannot write.
    /// </summary>
    private async ValueTask<Exception?> LastWordAsync(CancellationToken cancellationToken)
    {
        if (_reads)
        {
            return null;
        }

        _reads = true;
        try
        {
            await _ssl.ReadExactlyAsync(new byte[1], cancellationToken);
            return null;
        }
        catch (Exception e)
        {
            return TlsAlert.Find(e) is null ? null : e;
        }
    }

    private static bool IsFault(Exception e) => e is not (OperationCanceledException or InvalidOperationException and not ObjectDisposedException);

    /// <summary>One kind of exception for whatever the framework throws, with the server's own word where it said one.</summary>
    private static IOException Broken(Exception cause)
    {
        byte? alert = TlsAlert.Find(cause);
        return alert is not null
            ? new IOException($"the TLS server ended the connection: {TlsAlert.Describe(alert.Value)}", cause)
            : cause as IOException ?? new IOException(cause is ObjectDisposedException ? "the connection is closed" : cause.Message, cause);
    }
}
