using System.Runtime.InteropServices;
using System.Text;
using NetControl.Network;

namespace NetControl.Engine.Netlink;

/// <summary>Builds one netlink request: header, family header, attributes, each aligned to four bytes.</summary>
internal sealed class NetlinkWriter
{
    private byte[] _bytes = new byte[256];
    private int _length = Rtnl.HeaderSize;

    /// <summary>Starts a request of a type (RTM_*) with flags beyond NLM_F_REQUEST.</summary>
    public NetlinkWriter(ushort type, ushort flags)
    {
        BitConverter.TryWriteBytes(_bytes.AsSpan(4), type);
        BitConverter.TryWriteBytes(_bytes.AsSpan(6), (ushort)(flags | Rtnl.NLM_F_REQUEST));
    }

    /// <summary>Appends bytes as they are: the family's header, or attributes copied from elsewhere.</summary>
    public NetlinkWriter Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Grow(bytes.Length));
        return this;
    }

    /// <summary>Appends an attribute.</summary>
    public NetlinkWriter Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> room = Grow(Rtnl.AttributeHeaderSize + value.Length);
        BitConverter.TryWriteBytes(room, (ushort)(Rtnl.AttributeHeaderSize + value.Length));
        BitConverter.TryWriteBytes(room[2..], type);
        value.CopyTo(room[Rtnl.AttributeHeaderSize..]);
        return this;
    }

    /// <summary>Appends a number.</summary>
    public NetlinkWriter Attribute(ushort type, uint value) => Attribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>Appends a single byte.</summary>
    public NetlinkWriter Attribute(ushort type, byte value) => Attribute(type, [value]);

    /// <summary>Appends a zero-terminated text.</summary>
    public NetlinkWriter Attribute(ushort type, string value) => Attribute(type, Encoding.UTF8.GetBytes(value + '\0'));

    /// <summary>Appends an address in its family's length.</summary>
    public NetlinkWriter Attribute(ushort type, IpAddr value)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (value.IsV4)
        {
            value.WriteV4(bytes);
            return Attribute(type, bytes[..4]);
        }

        value.WriteV6(bytes);
        return Attribute(type, bytes);
    }

    /// <summary>Completes the header and returns the message, valid until the next change.</summary>
    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        BitConverter.TryWriteBytes(_bytes, (uint)_length);
        BitConverter.TryWriteBytes(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }

    private Span<byte> Grow(int count)
    {
        int padded = (count + 3) & ~3;
        if (_length + padded > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + padded));
        }

        Span<byte> room = _bytes.AsSpan(_length, count);
        _length += padded;
        return room;
    }
}
