using System.Net;
using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Transport.Direct;

/// <summary>Finds host names by the system's resolver, on the thread pool.</summary>
internal static class SystemLookup
{
    /// <summary>Finds all addresses of a name, in the system's order (RFC 6724).</summary>
    public static async ValueTask<IReadOnlyList<IpAddr>> FindAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await System.Net.Dns.GetHostAddressesAsync(host, cancellationToken);
            return [.. addresses.Select(IpAddr.From)];
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new DialException(DialFailure.NameNotResolved, $"{host} could not be resolved: {e.Message}", e);
        }
    }
}
