using System.Runtime.InteropServices;
using NetControl.Network;

namespace NetControl.Engine.Interop.Linux;

/// <summary>
/// <c>struct sock_extended_err</c> (linux/errqueue.h) with the address behind it: what became of a datagram, and who says so.
/// </summary>
internal readonly struct ExtendedError
{
    /// <summary>The error was found on this machine.</summary>
    public const byte OriginLocal = 1;

    /// <summary>An ICMP message told.</summary>
    public const byte OriginIcmp = 2;

    /// <summary>An ICMPv6 message told.</summary>
    public const byte OriginIcmp6 = 3;

    private const int Size = 16;

    /// <summary>The error as a number; <see cref="Errno.None"/> when the message carried no such entry.</summary>
    public Errno Errno { get; private init; }

    /// <summary>Who found it: one of the Origin constants.</summary>
    public byte Origin { get; private init; }

    /// <summary>The ICMP type.</summary>
    public byte Type { get; private init; }

    /// <summary>The ICMP code.</summary>
    public byte Code { get; private init; }

    /// <summary>With EMSGSIZE, the path's MTU.</summary>
    public uint Info { get; private init; }

    /// <summary>The node that sent the ICMP message, where known.</summary>
    public IpAddr? Offender { get; private init; }

    /// <summary>Finds the entry in a received control block.</summary>
    public static ExtendedError Find(ReadOnlySpan<byte> control)
    {
        while (ControlMessage.TryRead(ref control, out int level, out int type, out ReadOnlySpan<byte> data))
        {
            bool v4 = level == Libc.IPPROTO_IP && type == Libc.IP_RECVERR;
            bool v6 = level == Libc.IPPROTO_IPV6 && type == Libc.IPV6_RECVERR;
            if ((v4 || v6) && data.Length >= Size)
            {
                return new ExtendedError
                {
                    Errno = (Errno)MemoryMarshal.Read<uint>(data),
                    Origin = data[4],
                    Type = data[5],
                    Code = data[6],
                    Info = MemoryMarshal.Read<uint>(data[8..]),
                    Offender = SockAddr.TryRead(data[Size..], out AddrPort offender) ? offender.Address : null,
                };
            }
        }

        return default;
    }
}
