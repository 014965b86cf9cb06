using System.Runtime.InteropServices;
using System.Text;
using NetControl.Network;

namespace NetControl.Engine.Netlink;

/// <summary>Takes netlink messages and their attributes apart; every method refuses what does not fit instead of throwing.</summary>
internal static class NetlinkReader
{
    /// <summary>Takes the first message off a received datagram.</summary>
    public static bool TryReadMessage(ref ReadOnlySpan<byte> bytes, out NetlinkHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        if (bytes.Length < Rtnl.HeaderSize)
        {
            return false;
        }

        uint length = MemoryMarshal.Read<uint>(bytes);
        if (length < Rtnl.HeaderSize || length > (uint)bytes.Length)
        {
            return false;
        }

        header = new NetlinkHeader(
            MemoryMarshal.Read<ushort>(bytes[4..]), MemoryMarshal.Read<ushort>(bytes[6..]), MemoryMarshal.Read<uint>(bytes[8..]));
        payload = bytes[Rtnl.HeaderSize..(int)length];
        bytes = Skip(bytes, (int)length);
        return true;
    }

    /// <summary>Takes the first attribute off; its type comes without the nested and byte-order bits.</summary>
    public static bool TryReadAttribute(ref ReadOnlySpan<byte> bytes, out ushort type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (bytes.Length < Rtnl.AttributeHeaderSize)
        {
            return false;
        }

        int length = MemoryMarshal.Read<ushort>(bytes);
        if (length < Rtnl.AttributeHeaderSize || length > bytes.Length)
        {
            return false;
        }

        type = (ushort)(MemoryMarshal.Read<ushort>(bytes[2..]) & Rtnl.NLA_TYPE_MASK);
        value = bytes[Rtnl.AttributeHeaderSize..length];
        bytes = Skip(bytes, length);
        return true;
    }

    /// <summary>A number of one, two or four bytes; 0 for other lengths.</summary>
    public static uint ReadNumber(ReadOnlySpan<byte> value) => value.Length switch
    {
        1 => value[0],
        2 => MemoryMarshal.Read<ushort>(value),
        4 => MemoryMarshal.Read<uint>(value),
        _ => 0,
    };

    /// <summary>A text up to its first zero.</summary>
    public static string ReadText(ReadOnlySpan<byte> value)
    {
        int end = value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? value : value[..end]);
    }

    /// <summary>An address of four or sixteen bytes.</summary>
    public static bool TryReadAddress(ReadOnlySpan<byte> value, out IpAddr address)
    {
        address = value.Length switch
        {
            4 => IpAddr.ReadV4(value),
            16 => IpAddr.ReadV6(value),
            _ => default,
        };
        return value.Length is 4 or 16;
    }

    private static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes, int length) => bytes[Math.Min(bytes.Length, (length + 3) & ~3)..];
}
