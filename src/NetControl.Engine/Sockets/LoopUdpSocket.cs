using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>An unconnected UDP socket that belongs to a loop and speaks both families.</summary>
/// <remarks>
/// Owner: one loop. Sending collects in the loop's <see cref="UdpBatch"/>, which is sent when the turn ends; from another thread the datagram
/// is copied and posted, since no turn of that thread's would send it. Receiving drains the socket in batches and pushes. ICMP errors come back through the error queue with the
/// destination they are about (IP_RECVERR).
/// </remarks>
internal sealed class LoopUdpSocket : IPacketConnection, ILoopHandler
{
    private const int MaxBatchesPerEvent = 8;
    private readonly LoopUdpShared _shared;
    private readonly bool _mapped;
    private readonly SafeFd _descriptor;
    private readonly long _ticket;
    private readonly int _fd;
    private readonly ushort _port;
    private IPacketHandler? _handler;
    private bool _readyBeforeReceive;
    private bool _closed;

    /// <summary>Takes a descriptor and watches it.</summary>
    /// <param name="shared">The loop's batches.</param>
    /// <param name="fd">The descriptor; owned from now on.</param>
    /// <param name="mapped">Whether it is an IPv6 socket that takes IPv4 in its mapped form.</param>
    /// <param name="port">The port that it is bound to, or 0 if that is left to the first datagram.</param>
    public LoopUdpSocket(LoopUdpShared shared, int fd, bool mapped, ushort port = 0)
    {
        _shared = shared;
        _fd = fd;
        _mapped = mapped;
        _descriptor = new SafeFd(fd);
        CanSegment = true;
        _ticket = shared.Loop.Watch(fd, EpollEvents.In | EpollEvents.EdgeTriggered, this);
        if (_ticket < 0)
        {
            Errno error = Libc.LastErrno;
            _descriptor.Dispose();
            throw new DialException(SocketFaultException.ToDialFailure(error), $"epoll: {Libc.Describe(error)}");
        }

        _port = port;
        if (port != 0)
        {
            shared.Own.Bound(port);
        }
    }

    /// <summary>Whether the descriptor is open.</summary>
    public bool IsOpen => !_closed;

    /// <summary>Whether runs of datagrams may be sent in one piece for the kernel to cut.</summary>
    public bool CanSegment { get; private set; }

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (_closed)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (payload.Length > (destination.IsV4 ? 65_507 : 65_527))
        {
            throw new NetworkException(NetworkError.MessageTooLarge);
        }

        if (_shared.Loop.InLoop)
        {
            _shared.Batch.Add(this, payload, destination);
        }
        else
        {
            _shared.Loop.Post(static state => ((PostedDatagram)state!).Send(), new PostedDatagram(this, payload.ToArray(), destination));
        }

        return true;
    }

    /// <inheritdoc/>
    public void Receive(IPacketHandler handler)
    {
        if (_closed)
        {
            handler.OnClosed(null);
            return;
        }

        _handler = handler;
        if (_readyBeforeReceive)
        {
            OnReady(EpollEvents.In | EpollEvents.Error);
        }
    }

    /// <inheritdoc/>
    public void OnReady(EpollEvents events)
    {
        if (_handler is not { } handler)
        {
            _readyBeforeReceive = true;
            return;
        }

        if ((events & EpollEvents.Error) != 0)
        {
            DrainErrors(handler);
        }

        if ((events & EpollEvents.In) == 0)
        {
            return;
        }

        for (int i = 0; i < MaxBatchesPerEvent; i++)
        {
            if (_closed || !_shared.ReceiveBatch(this, _fd, handler))
            {
                return;
            }
        }

        // There is more: come back after the others have had their turn. An edge is told once, so nobody else will remind us.
        _shared.Loop.Post(static socket => ((LoopUdpSocket)socket!).OnReady(EpollEvents.In), this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_shared.Loop.InLoop)
        {
            _shared.Loop.Post(static socket => ((LoopUdpSocket)socket!).Dispose(), this);
            return;
        }

        if (_closed)
        {
            return;
        }

        _shared.Batch.Flush(); // what was accepted is sent: the session's last datagram is as good as the others
        _closed = true;
        if (_port != 0)
        {
            _shared.Own.Unbound(_port); // before the descriptor: the next owner of the port may be on another loop
        }

        _shared.Loop.Unwatch(_ticket, _fd, closing: true);
        _descriptor.Dispose();
        IPacketHandler? handler = _handler;
        _handler = null;
        handler?.OnClosed(null);
    }

    /// <summary>Sends one datagram now.</summary>
    internal Errno SendOne(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        SockAddr name = _mapped ? SockAddr.FromMapped(destination) : SockAddr.From(destination);
        if (Libc.SendTo(_fd, payload, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL, name) >= 0)
        {
            return Errno.None;
        }

        // An ICMP error about an earlier datagram is reported by the next call, which then has sent nothing: once more.
        Errno error = Libc.LastErrno;
        if (error is Errno.ECONNREFUSED or Errno.EHOSTUNREACH or Errno.ENETUNREACH or Errno.EINTR)
        {
            return Libc.SendTo(_fd, payload, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL, name) >= 0 ? Errno.None : OnSendRefused(destination, Libc.LastErrno);
        }

        return error;
    }

    /// <summary>Sends a run of datagrams of one size in one piece.</summary>
    internal Errno SendSegmented(ReadOnlySpan<byte> payload, int segmentSize, in AddrPort destination)
    {
        SockAddr name = _mapped ? SockAddr.FromMapped(destination) : SockAddr.From(destination);
        return Libc.SendSegments(_fd, payload, (ushort)segmentSize, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL, name) >= 0 ? Errno.None : Libc.LastErrno;
    }

    /// <summary>The kernel cannot cut datagrams on this way.</summary>
    internal void StopSegmenting(Errno error)
    {
        if (error is Errno.EIO or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOPROTOOPT or Errno.EMSGSIZE)
        {
            CanSegment = false;
        }
    }

    private Errno OnSendRefused(in AddrPort destination, Errno error)
    {
        // No route at all: the kernel says so itself, without ICMP.
        if (error is Errno.ENETUNREACH or Errno.EHOSTUNREACH)
        {
            _handler?.OnUnreachable(destination, error == Errno.ENETUNREACH ? UnreachableReason.Network : UnreachableReason.Host);
        }

        return error;
    }

    private void DrainErrors(IPacketHandler handler)
    {
        Span<byte> payload = stackalloc byte[64];
        while (!_closed && Libc.RecvError(_fd, payload, out AddrPort? destination, out ExtendedError error) >= 0)
        {
            if (destination is { } to && error.Origin is ExtendedError.OriginIcmp or ExtendedError.OriginIcmp6
                && IcmpReason.Of(error) is { } reason)
            {
                handler.OnUnreachable(to, reason);
            }
        }
    }

    private sealed record PostedDatagram(LoopUdpSocket Socket, byte[] Payload, AddrPort Destination)
    {
        public void Send()
        {
            if (!Socket._closed)
            {
                Socket._shared.Batch.Add(Socket, Payload, Destination);
            }
        }
    }
}
