using System.Runtime.CompilerServices;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>Dials TCP directly on the calling flow's loop.</summary>
/// <remarks>The addresses of a host name are raced, on one loop.</remarks>
internal sealed class LoopTcpDialer : IStreamDialer
{
    private readonly LoopGroup _loops;
    private readonly LoopSocketPool[] _pools;
    private readonly SocketOptions _options;
    private readonly OwnSockets _own;
    private readonly HappyEyeballsOptions _race;

    /// <summary>Makes a dialer.</summary>
    public LoopTcpDialer(LoopGroup loops, SocketOptions options, OwnSockets? own = null, HostLookups? lookups = null)
    {
        _loops = loops;
        Lookups = lookups ?? new HostLookups(loops, options);
        _race = new HappyEyeballsOptions { TimeProvider = new LoopTimeProvider() };
        _own = own ?? new OwnSockets();
        _options = options;
        _pools = new LoopSocketPool[loops.Count];
        for (int i = 0; i < _pools.Length; i++)
        {
            _pools[i] = new LoopSocketPool(loops[i]);
        }
    }

    /// <summary>How host names are found.</summary>
    public HostLookups Lookups { get; }

    /// <inheritdoc/>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        EventLoop loop = _loops.CurrentOrNext();
        return destination.IsAddress && loop.InLoop
            ? DialAddress(loop, destination.Address, cancellationToken)
            : DialSlowly(loop, destination, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IStreamConnection> DialAddress(EventLoop loop, AddrPort address, CancellationToken cancellationToken)
    {
        LoopSocket socket = _pools[loop.Index].Rent();
        AddrPort local = Begin(socket, address);
        try
        {
            await socket.WaitForConnect(cancellationToken);
        }
        catch (SocketFaultException e)
        {
            socket.Close();
            throw Failed(address, e.Errno, e);
        }
        catch (OperationCanceledException)
        {
            socket.Abort();
            throw;
        }
        finally
        {
            _own.DialEnded(local, address);
        }

        return socket;
    }

    private AddrPort Begin(LoopSocket socket, AddrPort address)
    {
        AddrPort local = default;
        _own.DialBegins(address);
        try
        {
            Start(socket, address);
            return local = socket.LocalAddress;
        }
        finally
        {
            _own.DialBegan(local, address);
        }
    }

    private void Start(LoopSocket socket, AddrPort address)
    {
        int fd = _options.Create(address.IsV4, Libc.SOCK_STREAM);
        Libc.SetSockOpt(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        SockAddr name = SockAddr.From(address);
        if (Libc.Connect(fd, name) != 0 && Libc.LastErrno is var error and not Errno.EINPROGRESS)
        {
            Libc.Close(fd);
            throw Failed(address, error, null);
        }

        error = socket.Open(fd, address);
        if (error != Errno.None)
        {
            throw Failed(address, error, null);
        }
    }

    private async ValueTask<IStreamConnection> DialSlowly(EventLoop loop, HostPort destination, CancellationToken cancellationToken)
    {
        await loop.Resume();
        return destination.IsAddress
            ? await DialAddress(loop, destination.Address, cancellationToken)
            : await new HappyEyeballsStreamDialer(this, Lookups.Current, _race).DialAsync(destination, cancellationToken);
    }

    private static DialException Failed(AddrPort address, Errno error, Exception? cause) =>
        new(SocketFaultException.ToDialFailure(error), $"connect to {address}: {Libc.Describe(error)}", cause ?? new SocketFaultException(error));
}
