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
        ValueTask<int> read = _ssl.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? read : WaitAsync(read);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        static async ValueTask<int> WaitAsync(ValueTask<int> read)
        {
            try
            {
                return await read;
            }
            catch (Exception e) when (e is not (OperationCanceledException or InvalidOperationException and not ObjectDisposedException))
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
        return write.IsCompletedSuccessfully ? write : WaitAsync(write);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        static async ValueTask WaitAsync(ValueTask write)
        {
            try
            {
                await write;
            }
            catch (Exception e) when (e is not (OperationCanceledException or InvalidOperationException and not ObjectDisposedException))
            {
                throw Broken(e);
            }
        }
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
        catch (Exception e) when (e is not (OperationCanceledException or InvalidOperationException and not ObjectDisposedException))
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

    /// <summary>One kind of exception for whatever the framework throws, with the server's own word where it said one.</summary>
    private static IOException Broken(Exception cause)
    {
        byte? alert = TlsAlert.Find(cause);
        return alert is not null
            ? new IOException($"the TLS server ended the connection: {TlsAlert.Describe(alert.Value)}", cause)
            : cause as IOException ?? new IOException(cause is ObjectDisposedException ? "the connection is closed" : cause.Message, cause);
    }
}
