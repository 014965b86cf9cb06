using System.Diagnostics;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Network;
using NetControl.Stack.Storage;

namespace NetControl.Engine.Sockets;

/// <summary>A TCP socket that belongs to a loop: non-blocking, edge-triggered, its asynchronous calls completed inline on the loop's thread.</summary>
/// <remarks>
/// <para>Two ways to use it. As an <see cref="IStreamConnection"/> for conversations (handshakes of proxies); and, once
/// <see cref="Detach"/>ed, through <c>TrySend</c> and <see cref="TryReceive"/> by a flow that moves bulk data without any task.</para>
/// <para>Owner: one loop; other threads may only dispose it, which is posted. Lifetime: <see cref="Close"/> or <see cref="Abort"/> closes
/// the descriptor at once. Readiness is remembered in <see cref="CanRead"/> and <see cref="CanWrite"/> until a call says otherwise, because
/// an edge is told only once.</para>
/// </remarks>
internal sealed partial class LoopSocket : ILoopConnection, ILoopHandler, IHopLimited
{
    private const EpollEvents Interest = EpollEvents.In | EpollEvents.Out | EpollEvents.ReadHangUp | EpollEvents.EdgeTriggered;
    private readonly LoopSocketPool? _pool;
    private ILoopSocketHandler? _handler;
    private int _fd = -1;
    private long _ticket = -1;

    /// <summary>Makes an object without a descriptor; see <see cref="Open"/>.</summary>
    public LoopSocket(EventLoop loop, LoopSocketPool? pool = null)
    {
        Loop = loop;
        _pool = pool;
    }

    /// <inheritdoc/>
    public EventLoop Loop { get; }

    /// <summary>Whether a receive may find something: data, the end, or an error.</summary>
    public bool CanRead { get; private set; }

    /// <summary>Whether a send may take something.</summary>
    public bool CanWrite { get; private set; }

    /// <summary>Whether the far side has said that it will send no more; the end may still lie behind unread data.</summary>
    public bool PeerHungUp { get; private set; }

    /// <summary>Whether the kernel has told of an error that <see cref="TakeError"/> tells: told at once, even while nobody reads.</summary>
    public bool HasError { get; private set; }

    /// <summary>Whether the descriptor is open.</summary>
    public bool IsOpen => _fd >= 0;

    /// <inheritdoc/>
    public AddrPort LocalAddress => _fd >= 0 && Libc.GetSockName(_fd, out SockAddr name) == 0 && name.TryRead(out AddrPort address) ? address : default;

    /// <inheritdoc/>
    public AddrPort RemoteAddress { get; private set; }

    /// <inheritdoc/>
    public bool IsQuiet => !_writePending && !_connectPending && (!_readPending || _readBuffer.IsEmpty);

    /// <inheritdoc/>
    public int HopLimit
    {
        get => Libc.GetSockOpt(_fd, HopLevel, HopOption, out int limit) == 0 ? limit : throw Fault(Libc.LastErrno);
        set
        {
            if (Libc.SetSockOpt(_fd, HopLevel, HopOption, value) != 0)
            {
                throw Fault(Libc.LastErrno);
            }
        }
    }

    private int HopLevel => RemoteAddress.IsV4 ? Libc.IPPROTO_IP : Libc.IPPROTO_IPV6;

    private int HopOption => RemoteAddress.IsV4 ? Libc.IP_TTL : Libc.IPV6_UNICAST_HOPS;

    /// <summary>Takes a new descriptor and watches it. On failure the descriptor is closed.</summary>
    public Errno Open(int fd, AddrPort remote)
    {
        Debug.Assert(_fd < 0, "one descriptor at a time");
        _ticket = Loop.Watch(fd, Interest, this);
        if (_ticket < 0)
        {
            Errno error = Libc.LastErrno;
            Libc.Close(fd);
            return error;
        }

        _fd = fd;
        RemoteAddress = remote;
        CanRead = CanWrite = PeerHungUp = HasError = false;
        _handler = null;
        return Errno.None;
    }

    /// <inheritdoc/>
    public LoopSocket Detach(ILoopSocketHandler handler)
    {
        Debug.Assert(IsQuiet, "a call's bytes would be lost");
        _handler = handler;
        if (_readPending)
        {
            _readPending = false;
            _readCancellation.Dispose();
            _reading.SetResult(0);
        }

        return this;
    }

    /// <inheritdoc/>
    public void OnReady(EpollEvents events)
    {
        HasError |= (events & EpollEvents.Error) != 0;
        if ((events & (EpollEvents.In | EpollEvents.ReadHangUp | EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            CanRead = true;
            PeerHungUp |= (events & (EpollEvents.ReadHangUp | EpollEvents.HangUp | EpollEvents.Error)) != 0;
        }

        if ((events & (EpollEvents.Out | EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            CanWrite = true;
        }

        if (_handler is { } handler)
        {
            handler.OnSocketReady();
        }
        else
        {
            CompletePending();
        }
    }

    /// <summary>Sends what the kernel takes now.</summary>
    /// <returns>How many bytes; 0 with <see cref="Errno.None"/> or EAGAIN when it is full.</returns>
    public int TrySend(ReadOnlySpan<byte> bytes, out Errno error)
    {
        error = Errno.None;
        if (!CanWrite)
        {
            return 0;
        }

        nint sent = Libc.Send(_fd, bytes, Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT);
        if (sent < 0)
        {
            return SendFailed(out error);
        }

        CanWrite = sent == bytes.Length;
        return (int)sent;
    }

    /// <summary>Sends what the kernel takes now from the front of a buffer; the caller consumes what went.</summary>
    public int TrySend(ChunkBuffer buffer, out Errno error)
    {
        error = Errno.None;
        if (!CanWrite)
        {
            return 0;
        }

        int sent = SocketIo.Send(_fd, buffer, out int asked);
        if (sent < 0)
        {
            return SendFailed(out error);
        }

        CanWrite = sent == asked;
        return sent;
    }

    /// <summary>Receives straight into the free part of a buffer.</summary>
    /// <returns>How many bytes; 0 at the end of the stream; -1 when nothing is there now or on <paramref name="error"/>.</returns>
    public int TryReceive(ChunkBuffer buffer, int room, out Errno error)
    {
        if (!CanRead)
        {
            error = Errno.None;
            return -1;
        }

        int received = SocketIo.Receive(_fd, buffer, room, out int asked, out error);
        if (received < 0)
        {
            CanRead = false;
            if (error is Errno.EAGAIN or Errno.EINTR)
            {
                CanRead = error == Errno.EINTR;
                error = Errno.None;
            }

            return -1;
        }

        // A short read has emptied the socket: the next byte raises a new edge. Not so the end of the stream, which has raised its own.
        if (received < asked && !PeerHungUp)
        {
            CanRead = false;
        }

        return received;
    }

    /// <summary>The error that the socket met, or none; asked once.</summary>
    public Errno TakeError()
    {
        HasError = false;
        return _fd >= 0 ? Libc.TakeSocketError(_fd) : Errno.None;
    }

    /// <summary>Says that no more will be sent (FIN).</summary>
    public void ShutdownWrite()
    {
        if (_fd >= 0)
        {
            Libc.Shutdown(_fd, Libc.SHUT_WR);
        }
    }

    /// <summary>Closes the socket in good order. Closing twice does nothing. On the loop.</summary>
    public void Close() => CloseCore(abort: false);

    /// <inheritdoc/>
    public void Abort()
    {
        if (!Loop.InLoop)
        {
            Loop.Post(static socket => ((LoopSocket)socket!).Abort(), this);
            return;
        }

        CloseCore(abort: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Loop.InLoop)
        {
            Loop.Post(static socket => ((LoopSocket)socket!).Dispose(), this);
            return;
        }

        Close();
    }

    private int SendFailed(out Errno error)
    {
        error = Libc.LastErrno;
        CanWrite = error == Errno.EINTR;
        if (error is Errno.EAGAIN or Errno.EINTR)
        {
            error = Errno.None;
        }

        return 0;
    }

    private void CloseCore(bool abort)
    {
        if (_fd < 0)
        {
            return;
        }

        Loop.Unwatch(_ticket, _fd, closing: true);
        if (abort)
        {
            Libc.SetLinger(_fd, true, 0);
        }

        Libc.Close(_fd);
        _fd = -1;
        _ticket = -1;
        CanRead = CanWrite = false;
        bool detached = _handler is not null;
        _handler = null;
        FailPending();

        // Only a socket whose conversation is over may be used again: nobody else holds a detached one.
        if (detached)
        {
            _pool?.Return(this);
        }
    }
}
