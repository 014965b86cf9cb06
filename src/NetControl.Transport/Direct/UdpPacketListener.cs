using System.Net;
using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Transport.Direct;

/// <summary>Opens UDP sockets of the framework: the plain path of library users and tests.</summary>
/// <remarks>One unconnected socket serves both families where the host has IPv6, and IPv4 alone where it does not.</remarks>
public sealed class UdpPacketListener : IPacketListener
{
    private readonly DirectSocketOptions _options;

    /// <summary>Makes a listener.</summary>
    public UdpPacketListener(DirectSocketOptions? options = null) => _options = options ?? new DirectSocketOptions();

    /// <inheritdoc/>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<IPacketConnection>(cancellationToken);
        }

        try
        {
            return new ValueTask<IPacketConnection>(new UdpPacketConnection(Open()));
        }
        catch (SocketException e)
        {
            return ValueTask.FromException<IPacketConnection>(SocketFailures.ToDialException(e, "opening a UDP socket"));
        }
    }

    private Socket Open()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return Open(AddressFamily.InterNetwork);
        }

        try
        {
            return Open(AddressFamily.InterNetworkV6);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            return Open(AddressFamily.InterNetwork);
        }
    }

    private Socket Open(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            bool v6 = family == AddressFamily.InterNetworkV6;
            if (v6)
            {
                socket.DualMode = true;
            }

            _options.Apply(socket);
            socket.Bind(new IPEndPoint(v6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
            socket.Blocking = false;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
