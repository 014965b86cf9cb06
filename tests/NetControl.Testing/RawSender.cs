using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Testing;

/// <summary>Puts IP packets on an interface as they are, whatever their addresses and checksums: a packet socket (packet(7)).</summary>
/// <remarks>Made in the interface's namespace (<see cref="NetNamespace.Run"/>); after that any one thread may send. Needs CAP_NET_RAW.</remarks>
public sealed class RawSender : IDisposable
{
    private const int AfPacket = 17; // AF_PACKET
    private const int AddressLength = 20; // struct sockaddr_ll
    private const ushort EtherTypeV4 = 0x0800;
    private const ushort EtherTypeV6 = 0x86DD;
    private readonly SafeFd _socket;
    private readonly byte[] _addressV4;
    private readonly byte[] _addressV6;

    /// <summary>Opens the socket.</summary>
    public RawSender(string interfaceName)
    {
        int index = IfNameToIndex(interfaceName);
        _socket = new SafeFd(Libc.Socket(AfPacket, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, 0)); // protocol 0: it receives nothing
        if (index == 0 || _socket.IsInvalid)
        {
            throw new NetworkInformationException(Marshal.GetLastPInvokeError());
        }

        _addressV4 = Address(EtherTypeV4, index);
        _addressV6 = Address(EtherTypeV6, index);
    }

    /// <summary>Sends a packet. Returns false where the interface's queue took no more.</summary>
    /// <remarks>A TUN that nobody reads fast enough drops without a word: the receiver's counters tell.</remarks>
    public bool Send(ReadOnlySpan<byte> packet)
    {
        byte[] address = !packet.IsEmpty && packet[0] >> 4 == 6 ? _addressV6 : _addressV4;
        if (SendTo(_socket.Value, ref MemoryMarshal.GetReference(packet), packet.Length, 0, address, AddressLength) == packet.Length)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return (Errno)error is Errno.ENOBUFS or Errno.EAGAIN ? false : throw new Win32Exception(error);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static byte[] Address(ushort etherType, int index)
    {
        byte[] address = new byte[AddressLength];
        BitConverter.TryWriteBytes(address, (ushort)AfPacket);
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), etherType);
        BitConverter.TryWriteBytes(address.AsSpan(4), index);
        return address;
    }

    [DllImport(
        "libc", EntryPoint = "if_nametoindex", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int IfNameToIndex(string name);

    [DllImport("libc", EntryPoint = "sendto", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SendTo(int socket, ref byte packet, nint length, int flags, byte[] address, int addressLength);
}
