using System.Net;
using System.Net.Sockets;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>How host names are found: by the system's resolver, until something better is given.</summary>
/// <remarks>
/// The system's resolver opens sockets of its own, which carry no mark: where a device holds the default route, they lead back into it.
/// Thread rule: any thread; what is found on a loop's behalf is told on that loop.
/// </remarks>
internal sealed class HostLookups(LoopGroup loops, SocketOptions options)
{
    private volatile IReadOnlyList<AddressLookup> _lookups = [FindBySystem];

    /// <summary>The lookups of a race (<see cref="HappyEyeballsStreamDialer"/>).</summary>
    public IReadOnlyList<AddressLookup> Current
    {
        get => _lookups;
        set => _lookups = value;
    }

    /// <summary>
    /// Finds all addresses of a name, those first that our sockets have a route to (RFC 6724 section 5, rule 1). Comes back on a loop.
    /// </summary>
    public async ValueTask<IReadOnlyList<IpAddr>> FindAllAsync(string host, CancellationToken cancellationToken)
    {
        EventLoop loop = loops.CurrentOrNext();
        await loop.Resume();
        List<IpAddr> found = [];
        Exception? error = null;
        foreach (Task<IReadOnlyList<IpAddr>> lookup in _lookups.Select(lookup => lookup(host, cancellationToken).AsTask()).ToArray())
        {
            try
            {
                found.AddRange(await lookup);
            }
            catch (Exception e)
            {
                error = e;
            }
        }

        return found.Count > 0 ? [.. found.OrderByDescending(HasRoute)]
            : throw error ?? new DialException(DialFailure.NameNotResolved, $"{host} has no address");
    }

    private bool HasRoute(IpAddr address)
    {
        const ushort AnyPort = 9; // connecting a datagram socket sends nothing
        try
        {
            using SafeFd probe = new(options.Create(address.IsV4, Libc.SOCK_DGRAM));
            return Libc.Connect(probe.Value, SockAddr.From(new AddrPort(address, AnyPort))) == 0;
        }
        catch (DialException)
        {
            return false; // a kernel without this family
        }
    }

    private static async ValueTask<IReadOnlyList<IpAddr>> FindBySystem(string host, CancellationToken cancellationToken)
    {
        EventLoop? loop = EventLoop.Current;
        IPAddress[] addresses = [];
        Exception? error = null;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (Exception e)
        {
            error = e;
        }

        if (loop is not null)
        {
            await loop.Resume();
        }

        return error switch
        {
            null => [.. addresses.Select(IpAddr.From).Distinct()],
            SocketException => throw new DialException(DialFailure.NameNotResolved, $"{host}: {error.Message}", error),
            _ => throw error,
        };
    }
}
