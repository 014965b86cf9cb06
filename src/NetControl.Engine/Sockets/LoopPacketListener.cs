using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>Opens UDP sockets on the calling flow's loop.</summary>
internal sealed class LoopPacketListener : IPacketListener
{
    private readonly LoopGroup _loops;
    private readonly LoopUdpShared[] _shared;
    private readonly SocketOptions _options;

    /// <summary>Makes a listener.</summary>
    public LoopPacketListener(LoopGroup loops, LoopUdpShared[] shared, SocketOptions options)
    {
        _loops = loops;
        _shared = shared;
        _options = options;
    }

    /// <inheritdoc/>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        EventLoop loop = _loops.CurrentOrNext();
        return loop.InLoop ? new ValueTask<IPacketConnection>(Open(loop)) : Hop(loop);
    }

    private async ValueTask<IPacketConnection> Hop(EventLoop loop)
    {
        await loop.Resume();
        return Open(loop);
    }

    private LoopUdpSocket Open(EventLoop loop)
    {
        bool mapped = true;
        int fd;
        try
        {
            fd = _options.Create(v4: false, Libc.SOCK_DGRAM);
            Libc.SetSockOpt(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 0);
            Libc.SetSockOpt(fd, Libc.IPPROTO_IPV6, Libc.IPV6_RECVERR, 1);
        }
        catch (DialException e) when (e.InnerException is SocketFaultException { Errno: Errno.EAFNOSUPPORT })
        {
            // A kernel without IPv6.
            fd = _options.Create(v4: true, Libc.SOCK_DGRAM);
            mapped = false;
        }

        Libc.SetSockOpt(fd, Libc.IPPROTO_IP, Libc.IP_RECVERR, 1);
        Libc.SetSockOpt(fd, Libc.SOL_UDP, Libc.UDP_GRO, 1);
        return new LoopUdpSocket(_shared[loop.Index], fd, mapped, Bind(fd, mapped));
    }

    /// <summary>Takes a port now, not with the first datagram: should that come back into a device, it must be known as ours.</summary>
    private static ushort Bind(int fd, bool mapped)
    {
        AddrPort any = new(mapped ? IpAddr.AnyV6 : IpAddr.AnyV4, 0);
        return Libc.Bind(fd, SockAddr.From(any)) == 0 && Libc.GetSockName(fd, out SockAddr name) == 0 && name.TryRead(out AddrPort bound)
            ? bound.Port
            : (ushort)0;
    }
}
