using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>The engine's upstream sockets as a device would see their packets, if one came back in: the loop guard's memory.</summary>
/// <remarks>
/// Thread rule: any loop; each entry is one word that its socket's loop writes and the others read. It is a guard, not a book: of two dials
/// from one port at the same time it remembers the later one. Asked only for a packet that begins a session.
/// </remarks>
internal sealed class OwnSockets
{
    private readonly ulong[] _dialing = new ulong[1 << 16];
    private readonly bool[] _datagram = new bool[1 << 16];
    private readonly int[] _beginning = new int[1 << 10];

    /// <summary>
    /// A stream socket is about to connect. Its port is known only when that call returns, and by then another loop may have read the SYN.
    /// </summary>
    public void DialBegins(in AddrPort remote) => Interlocked.Increment(ref Beginning(remote));

    /// <summary>The call has returned.</summary>
    /// <param name="local">From where it connects; of no port where it failed.</param>
    /// <param name="remote">Where to.</param>
    public void DialBegan(in AddrPort local, in AddrPort remote)
    {
        if (local.Port != 0)
        {
            Volatile.Write(ref _dialing[local.Port], Hash(local, remote));
        }

        Interlocked.Decrement(ref Beginning(remote));
    }

    /// <summary>
    /// Whether a SYN to there may be of a dial of ours whose port is not known yet: it has to be looked at again. Ask this before
    /// <see cref="IsOwnDial"/>: what was not beginning then is known now.
    /// </summary>
    public bool IsBeginning(in AddrPort destination) => Volatile.Read(ref Beginning(destination)) > 0;

    /// <summary>It is connected, or has given up: what comes from its address now is somebody else's.</summary>
    public void DialEnded(in AddrPort local, in AddrPort remote)
    {
        if (Volatile.Read(ref _dialing[local.Port]) == Hash(local, remote))
        {
            Volatile.Write(ref _dialing[local.Port], 0);
        }
    }

    /// <summary>A datagram socket is bound to a port, on all addresses.</summary>
    public void Bound(ushort port) => Volatile.Write(ref _datagram[port], true);

    /// <summary>It is closed.</summary>
    public void Unbound(ushort port) => Volatile.Write(ref _datagram[port], false);

    /// <summary>Whether a SYN is one of ours.</summary>
    public bool IsOwnDial(in AddrPort source, in AddrPort destination)
    {
        ulong hash = Volatile.Read(ref _dialing[source.Port]);
        return hash != 0 && hash == Hash(source, destination);
    }

    /// <summary>Whether a datagram is one of ours. A machine behind this one may use the same port, so the address has to be ours too.</summary>
    public bool IsOwnDatagram(in AddrPort source) => Volatile.Read(ref _datagram[source.Port]) && IsLocal(source.Address);

    private ref int Beginning(in AddrPort remote) => ref _beginning[Hash(default, remote) % (ulong)_beginning.Length];

    private static bool IsLocal(IpAddr address)
    {
        int fd = Libc.Socket(address.IsV4 ? Libc.AF_INET : Libc.AF_INET6, Libc.SOCK_DGRAM, 0);
        bool local = fd >= 0 && Libc.Bind(fd, SockAddr.From(new AddrPort(address, 0))) == 0;
        Libc.Close(fd);
        return local;
    }

    // Not keyed: whoever could choose both addresses and ports of a packet of ours would gain a refused connection of their own.
    private static ulong Hash(in AddrPort local, in AddrPort remote)
    {
        ulong hash = Mix(local.Address.High ^ 0x9E37_79B9_7F4A_7C15, local.Address.Low);
        hash = Mix(hash ^ remote.Address.High, remote.Address.Low);
        return Mix(hash, remote.Port) | 1; // 0 is "none"
    }

    private static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a ^ 0xA076_1D64_78BD_642F, b ^ 0xE703_7ED1_A0B4_28DB, out ulong low);
        return high ^ low;
    }
}
