using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Transport.Direct;

/// <summary>Reads and writes the kernel's socket addresses in place, so that a datagram's address never becomes an object.</summary>
/// <remarks>Offsets are those of <c>struct sockaddr_in</c> and <c>struct sockaddr_in6</c> (netinet/in.h).</remarks>
internal static class RawSocketAddress
{
    private const int Port = 2;
    private const int V4 = 4;
    private const int V6 = 8;

    /// <summary>Writes an address for a socket of the given address's family.</summary>
    public static void Write(SocketAddress to, in AddrPort address)
    {
        Span<byte> bytes = to.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[Port..], address.Port);
        if (to.Family == AddressFamily.InterNetwork)
        {
            address.Address.WriteV4(bytes[V4..]);
        }
        else
        {
            // An IPv4 destination leaves through a dual-stack socket in its mapped form, which is how the address is kept anyway.
            address.Address.WriteV6(bytes[V6..]);
        }
    }

    /// <summary>Reads what the kernel wrote.</summary>
    public static AddrPort Read(SocketAddress from)
    {
        ReadOnlySpan<byte> bytes = from.Buffer.Span;
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[Port..]);
        return new AddrPort(from.Family == AddressFamily.InterNetwork ? IpAddr.ReadV4(bytes[V4..]) : IpAddr.ReadV6(bytes[V6..]), port);
    }
}
