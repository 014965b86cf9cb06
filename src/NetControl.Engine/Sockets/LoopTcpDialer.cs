using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>Dials TCP directly on the calling flow's loop.</summary>
/// <remarks>A host name is resolved by the system off the loop; its addresses are tried in the order they came.</remarks>
internal sealed class LoopTcpDialer : IStreamDialer
{
    private readonly LoopGroup _loops;
    private readonly LoopSocketPool[] _pools;
    private readonly SocketOptions _options;
    private readonly OwnSockets _own;

    /// <summary>Makes a dialer.</summary>
    public LoopTcpDialer(LoopGroup loops, SocketOptions options, OwnSockets? own = null)
    {
        _loops = loops;
        _own = own ?? new OwnSockets();
        _options = options;
        _pools = new LoopSocketPool[loops.Count];
        for (int i = 0; i < _pools.Length; i++)
        {
            _pools[i] = new LoopSocketPool(loops[i]);
        }
    }

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
        Start(socket, address);
        AddrPort local = socket.LocalAddress;
        _own.DialBegan(local, address);
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
        if (destination.IsAddress)
        {
            await loop.Resume();
            return await DialAddress(loop, destination.Address, cancellationToken);
        }

        IPAddress[] addresses = await Resolve(destination.Host, cancellationToken);
        await loop.Resume();
        DialException? last = null;
        foreach (IPAddress address in addresses)
        {
            try
            {
                return await DialAddress(loop, new AddrPort(IpAddr.From(address), destination.Port), cancellationToken);
            }
            catch (DialException e)
            {
                last = e;
            }
        }

        throw last ?? new DialException(DialFailure.NameNotResolved, $"{destination.Host} has no address");
    }

    private static async Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (SocketException e)
        {
            throw new DialException(DialFailure.NameNotResolved, $"{host}: {e.Message}", e);
        }
    }

    private static DialException Failed(AddrPort address, Errno error, Exception? cause) =>
        new(SocketFaultException.ToDialFailure(error), $"connect to {address}: {Libc.Describe(error)}", cause ?? new SocketFaultException(error));
}
