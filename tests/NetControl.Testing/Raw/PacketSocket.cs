using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Testing.Raw;

/// <summary>Puts whole IP packets onto an interface, and hears what comes in by it, past the kernel's own stack (packet(7)).</summary>
/// <remarks>
/// What is sent arrives as the driver would send any application's packet, with a checksum that nobody vouches for. What is heard comes with
/// the kernel's notes on offloads (PACKET_VNET_HDR), by which <see cref="OffloadedPacket"/> makes the packets that a wire would have carried.
/// </remarks>
public sealed class PacketSocket : IDisposable
{
    private const int AF_PACKET = 17;
    private const int SOL_PACKET = 263;
    private const int PACKET_VNET_HDR = 15;
    private const int PACKET_IGNORE_OUTGOING = 23;
    private const int SO_RCVBUF = 8;
    private const int SO_RCVTIMEO = 20;
    private const ushort ETH_P_ALL = 3;
    private const ushort ETH_P_IP = 0x0800;
    private const ushort ETH_P_IPV6 = 0x86DD;
    private readonly SafeFd _sending;
    private readonly SafeFd _hearing;
    private readonly SockAddr _v4;
    private readonly SockAddr _v6;

    private PacketSocket(SafeFd sending, SafeFd hearing, int index)
    {
        _sending = sending;
        _hearing = hearing;
        _v4 = Address(ETH_P_IP, index);
        _v6 = Address(ETH_P_IPV6, index);
    }

    /// <summary>Opens one on an interface of a namespace.</summary>
    public static PacketSocket Open(NetNamespace where, string device)
    {
        string line = where.Ip("-o", "link", "show", device);
        int index = int.Parse(line.AsSpan(0, line.IndexOf(':', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
        return where.Run(() =>
        {
            // Protocol 0: this one hears nothing.
            SafeFd sending = new(Libc.Socket(AF_PACKET, Libc.SOCK_RAW, 0, blocking: true));
            SafeFd hearing = new(Libc.Socket(AF_PACKET, Libc.SOCK_RAW, 0, blocking: true));
            long[] patience = [0, 100_000];
            bool ok = !sending.IsInvalid && !hearing.IsInvalid
                && Libc.SetSockOpt(hearing.Value, SOL_PACKET, PACKET_VNET_HDR, 1) == 0
                && Libc.SetSockOpt(hearing.Value, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) == 0
                && Libc.SetSockOpt(hearing.Value, Libc.SOL_SOCKET, SO_RCVBUF, 64 << 20) == 0
                && Libc.SetSockOpt(hearing.Value, Libc.SOL_SOCKET, SO_RCVTIMEO, MemoryMarshal.AsBytes<long>(patience)) == 0
                && Libc.Bind(hearing.Value, Address(ETH_P_ALL, index)) == 0;
            return ok ? new PacketSocket(sending, hearing, index) : throw new InvalidOperationException($"packet socket: {Libc.Describe(Libc.LastErrno)}");
        });
    }

    /// <summary>Sends a packet, whatever its bytes are.</summary>
    public void Send(ReadOnlySpan<byte> packet)
    {
        SockAddr address = packet.Length > 0 && packet[0] >> 4 == 6 ? _v6 : _v4;
        while (Libc.SendTo(_sending.Value, packet, 0, address) < 0)
        {
            if (Libc.LastErrno is not (Errno.EINTR or Errno.ENOBUFS or Errno.EAGAIN))
            {
                throw new IOException($"packet socket: {Libc.Describe(Libc.LastErrno)}");
            }
        }
    }

    /// <summary>Hears the next packet, behind its offload notes. Returns 0 after a tenth of a second of silence.</summary>
    public int Receive(Span<byte> buffer)
    {
        nint count = Libc.Recv(_hearing.Value, buffer, 0);
        return count > 0 ? (int)count
            : Libc.LastErrno is Errno.EAGAIN or Errno.EINTR ? 0
            : throw new IOException($"packet socket: {Libc.Describe(Libc.LastErrno)}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sending.Dispose();
        _hearing.Dispose();
    }

    // struct sockaddr_ll (linux/if_packet.h).
    private static SockAddr Address(ushort protocol, int index)
    {
        SockAddr result = default;
        Span<byte> bytes = result;
        ushort family = AF_PACKET;
        MemoryMarshal.Write(bytes, in family);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], protocol);
        MemoryMarshal.Write(bytes[4..], in index);
        return result;
    }
}
