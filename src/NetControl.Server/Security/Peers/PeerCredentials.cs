using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NetControl.Server.Security.Peers;

/// <summary>Who is at the other end of a Unix socket, as the kernel vouches for it: <c>struct ucred</c> of SO_PEERCRED.</summary>
/// <param name="Pid">The process that connected.</param>
/// <param name="Uid">Its user then.</param>
/// <param name="Gid">Its primary group then.</param>
internal sealed record PeerCredentials(int Pid, uint Uid, uint Gid)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>Asks the kernel; null when it does not say.</summary>
    public static PeerCredentials? Of(Socket socket)
    {
        Span<byte> ucred = stackalloc byte[12];
        try
        {
            return socket.GetRawSocketOption(SolSocket, SoPeerCred, ucred) == ucred.Length
                ? new PeerCredentials(MemoryMarshal.Read<int>(ucred), MemoryMarshal.Read<uint>(ucred[4..]),
                    MemoryMarshal.Read<uint>(ucred[8..]))
                : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
