using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Captures;

/// <summary>What a filter looks at, read from a packet that nobody has found valid yet.</summary>
internal readonly struct PacketFields
{
    private const int MaxExtensions = 8;

    private PacketFields(byte protocol, AddrPort source, AddrPort destination, bool hasPorts)
    {
        Protocol = protocol;
        Source = source;
        Destination = destination;
        HasPorts = hasPorts;
    }

    /// <summary>The transport protocol's number.</summary>
    public byte Protocol { get; }

    /// <summary>The source; its port is 0 where there is none.</summary>
    public AddrPort Source { get; }

    /// <summary>The destination; its port is 0 where there is none.</summary>
    public AddrPort Destination { get; }

    /// <summary>Whether the ports were there to be read.</summary>
    public bool HasPorts { get; }

    /// <summary>Reads what is there; false where not even the addresses are.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out PacketFields fields)
    {
        fields = default;
        if (packet.Length >= Ipv4Header.MinLength && packet[0] >> 4 == 4)
        {
            int header = (packet[0] & 15) * 4;
            bool first = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1FFF) == 0;
            fields = Read(packet, packet[9], IpAddr.ReadV4(packet[12..]), IpAddr.ReadV4(packet[16..]), first ? header : -1);
            return true;
        }

        if (packet.Length < Ipv6Header.Length || packet[0] >> 4 != 6)
        {
            return false;
        }

        byte next = packet[6];
        int at = Ipv6Header.Length;
        for (int i = 0; i < MaxExtensions && IsExtension(next); i++)
        {
            if (at < 0 || packet.Length < at + 8)
            {
                at = -1;
                break;
            }

            bool later = next == IpProtocol.Fragment && (BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 2)..]) & 0xFFF8) != 0;
            int length = next == IpProtocol.Fragment ? 8 : (packet[at + 1] + 1) * 8;
            next = packet[at];
            at = later ? -1 : at + length;
        }

        fields = Read(packet, next, IpAddr.ReadV6(packet[8..]), IpAddr.ReadV6(packet[24..]), at);
        return true;
    }

    private static bool IsExtension(byte next) =>
        next is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment or IpProtocol.DestinationOptions;

    private static PacketFields Read(ReadOnlySpan<byte> packet, byte protocol, IpAddr source, IpAddr destination, int transport)
    {
        bool ports = protocol is IpProtocol.Tcp or IpProtocol.Udp && transport > 0 && packet.Length >= transport + 4;
        ushort from = ports ? BinaryPrimitives.ReadUInt16BigEndian(packet[transport..]) : (ushort)0;
        ushort to = ports ? BinaryPrimitives.ReadUInt16BigEndian(packet[(transport + 2)..]) : (ushort)0;
        return new PacketFields(protocol, new AddrPort(source, from), new AddrPort(destination, to), ports);
    }
}
