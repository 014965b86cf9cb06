using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetControl.Network;

namespace NetControl.Transport.Direct;

/// <summary>A TCP socket of the framework as a stream connection.</summary>
/// <remarks>Owns the socket. Reads and writes that complete at once allocate nothing; the others reuse pooled state.</remarks>
public sealed class TcpStreamConnection : IStreamConnection, IHopLimited
{
    private readonly Socket _socket;

    /// <summary>Takes over a connected socket.</summary>
    public TcpStreamConnection(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _socket = socket;
        LocalAddress = Address(socket.LocalEndPoint);
        RemoteAddress = Address(socket.RemoteEndPoint);
    }

    /// <inheritdoc/>
    public AddrPort LocalAddress { get; }

    /// <inheritdoc/>
    public AddrPort RemoteAddress { get; }

    /// <inheritdoc/>
    public int HopLimit
    {
        get
        {
            try
            {
                Span<byte> limit = stackalloc byte[sizeof(int)];
                _socket.GetRawSocketOption(HopOption.Level, HopOption.Name, limit);
                return MemoryMarshal.Read<int>(limit);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                throw Broken(e);
            }
        }

        set
        {
            try
            {
                _socket.SetRawSocketOption(HopOption.Level, HopOption.Name, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                throw Broken(e);
            }
        }
    }

    // IPPROTO_IP, IP_TTL; IPPROTO_IPV6, IPV6_UNICAST_HOPS. The framework's own names do not cover an IPv6 socket that speaks IPv4.
    private (int Level, int Name) HopOption => RemoteAddress.IsV4 ? (0, 2) : (41, 16);

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        return read.IsCompletedSuccessfully ? read : Wait(read);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        static async ValueTask<int> Wait(ValueTask<int> read)
        {
            try
            {
                return await read;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                throw Broken(e);
            }
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            // The framework may take part of a buffer; the seam promises all of it. Without bytes the kernel still tells what it knows.
            do
            {
                buffer = buffer[await _socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
            }
            while (!buffer.IsEmpty);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Broken(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(Broken(e));
        }
    }

    /// <inheritdoc/>
    public void CloseRead()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Broken or disposed already: there is nothing left to give up.
        }
    }

    /// <inheritdoc/>
    public void Abort()
    {
        try
        {
            // Closing with zero linger is how a socket sends a reset (RFC 9293 section 3.10.5).
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Broken or disposed already.
        }

        _socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static IOException Broken(Exception cause) =>
        new(cause is ObjectDisposedException ? "the connection is closed" : cause.Message, cause);

    private static AddrPort Address(EndPoint? endPoint) => endPoint is IPEndPoint ip ? AddrPort.From(ip) : default;
}
