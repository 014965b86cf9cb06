using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NetControl.Server.Hosting;

/// <summary>Somewhere to listen: a loopback or other TCP port, or a Unix socket.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Field">Where it was written, for errors.</param>
/// <param name="EndPoint">What to bind.</param>
internal sealed record ListenAddress(string Text, string Field, EndPoint EndPoint)
{
    private const string Http = "http://";
    private const string Https = "https://";
    private const string Unix = "unix:";
    private const string Everywhere = "*:";
    private const int LongestUnixPath = 107; // sizeof(sockaddr_un.sun_path) - 1

    /// <summary>The path of a Unix socket, or null.</summary>
    public string? UnixPath => EndPoint is UnixDomainSocketEndPoint ? Text[Unix.Length..] : null;

    /// <summary>Whether it speaks TLS.</summary>
    public bool IsTls => Text.StartsWith(Https, StringComparison.Ordinal);

    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLocal => EndPoint is not IPEndPoint ip || IPAddress.IsLoopback(ip.Address);

    /// <summary>Whether it is every address of this machine, of IPv6 as far as there is any, and of IPv4.</summary>
    public bool IsEverywhere { get; private init; }

    /// <summary>Whether the kernel chooses the port.</summary>
    public bool IsEphemeral => EndPoint is IPEndPoint { Port: 0 };

    public static bool TryParse(string text, string field, [NotNullWhen(true)] out ListenAddress? address)
    {
        address = null;
        if (text.StartsWith(Unix, StringComparison.Ordinal))
        {
            string path = text[Unix.Length..];
            if (!path.StartsWith('/') || path.EndsWith('/') || Encoding.UTF8.GetByteCount(path) > LongestUnixPath)
            {
                return false;
            }

            address = new ListenAddress(text, field, new UnixDomainSocketEndPoint(path));
            return true;
        }

        string scheme = text.StartsWith(Https, StringComparison.Ordinal) ? Https : Http;
        if (!text.StartsWith(scheme, StringComparison.Ordinal))
        {
            return false;
        }

        string host = text[scheme.Length..].TrimEnd('/');
        host = host.StartsWith("localhost:", StringComparison.Ordinal) ? $"127.0.0.1{host["localhost".Length..]}" : host;
        bool everywhere = host.StartsWith(Everywhere, StringComparison.Ordinal);
        host = everywhere ? $"[::]:{host[Everywhere.Length..]}" : host;
        int colon = host.LastIndexOf(':');
        if (colon <= 0 || host.EndsWith(']') || !IPEndPoint.TryParse(host, out IPEndPoint? endPoint)
            || !Network.AddrPort.TryParse(host, out _))
        {
            return false;
        }

        address = new ListenAddress(text, field, endPoint) { IsEverywhere = everywhere };
        return true;
    }
}
