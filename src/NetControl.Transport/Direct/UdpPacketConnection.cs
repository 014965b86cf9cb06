using System.Net;
using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Transport.Direct;

/// <summary>An unconnected UDP socket of the framework as a packet connection.</summary>
/// <remarks>
/// Send from any thread. What arrives is pushed from the thread pool. An idle connection holds no receive buffer: the wait peeks with an
/// empty one, and the datagram is then read into a buffer of the thread.
/// </remarks>
internal sealed class UdpPacketConnection : IPacketConnection
{
    private const int MaxDatagram = 65_535;

    [ThreadStatic]
    private static byte[]? t_buffer;

    [ThreadStatic]
    private static SocketAddress? t_destination;

    private readonly Socket _socket;
    private readonly Lock _delivery = new();
    private IPacketHandler? _handler;
    private volatile bool _disposed;

    internal UdpPacketConnection(Socket socket) => _socket = socket;

    /// <summary>The port the socket is bound to.</summary>
    internal int LocalPort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (_disposed)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (!destination.IsV4 && _socket.AddressFamily == AddressFamily.InterNetwork)
        {
            ReportUnreachable(destination, UnreachableReason.Network);
            return false;
        }

        if (t_destination?.Family != _socket.AddressFamily)
        {
            t_destination = new SocketAddress(_socket.AddressFamily);
        }

        RawSocketAddress.Write(t_destination, destination);
        try
        {
            _socket.SendTo(payload, SocketFlags.None, t_destination);
            return true;
        }
        catch (ObjectDisposedException)
        {
            throw new NetworkException(NetworkError.Closed);
        }
        catch (SocketException e)
        {
            return OnSendError(e.SocketErrorCode, destination);
        }
    }

    /// <inheritdoc/>
    public void Receive(IPacketHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (Interlocked.CompareExchange(ref _handler, handler, null) is not null)
        {
            throw new InvalidOperationException("Receive was called before");
        }

        _ = ReceiveAsync(handler);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _socket.Dispose();
    }

    private bool OnSendError(SocketError error, in AddrPort destination)
    {
        if (_disposed)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (error == SocketError.MessageSize)
        {
            throw new NetworkException(NetworkError.MessageTooLarge);
        }

        if (SocketFailures.ToUnreachable(error) is { } reason)
        {
            ReportUnreachable(destination, reason);
        }

        return false;
    }

    private void ReportUnreachable(in AddrPort destination, UnreachableReason reason)
    {
        // A handler hears one thing at a time. Waiting for a delivery in progress could deadlock with a handler that waits for this sender;
        // the notice is advice, as ICMP is, and may be lost.
        if (_handler is { } handler && _delivery.TryEnter())
        {
            try
            {
                handler.OnUnreachable(destination, reason);
            }
            finally
            {
                _delivery.Exit();
            }
        }
    }

    private async Task ReceiveAsync(IPacketHandler handler)
    {
        var source = new SocketAddress(_socket.AddressFamily);
        Exception? error = null;
        while (!_disposed)
        {
            try
            {
                await _socket.ReceiveFromAsync(Memory<byte>.Empty, SocketFlags.Peek, source);
                Deliver(handler, source);
            }
            catch (SocketException e) when (!_disposed && IsPassing(e.SocketErrorCode))
            {
                // The fate of one datagram (an ICMP error, a bad checksum met after the peek); the socket is fine.
            }
            catch (Exception e)
            {
                error = e;
                break;
            }
        }

        bool onPurpose = _disposed;
        Dispose();
        lock (_delivery)
        {
            handler.OnClosed(onPurpose ? null : error);
        }
    }

    private void Deliver(IPacketHandler handler, SocketAddress source)
    {
        byte[] buffer = t_buffer ??= GC.AllocateUninitializedArray<byte>(MaxDatagram);
        int length = _socket.ReceiveFrom(buffer, SocketFlags.None, source);
        lock (_delivery)
        {
            handler.OnPacket(buffer.AsSpan(0, length), RawSocketAddress.Read(source));
        }
    }

    private static bool IsPassing(SocketError error) =>
        error is SocketError.WouldBlock or SocketError.MessageSize || SocketFailures.ToUnreachable(error) is not null;
}
