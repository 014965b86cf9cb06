using System.Buffers.Binary;
using System.Diagnostics;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Ip;

/// <summary>Splits a packet of ours that is larger than the device's MTU into fragments, one after the other.</summary>
/// <remarks>
/// For datagrams that upstream delivered whole (the stack's TCP never needs it). The packet must be one that the writers in Wire made,
/// without IPv4 options or IPv6 extensions, and its transport checksum must be complete. A packet that fits comes out once, as it is.
/// </remarks>
public ref struct Fragmenter
{
    /// <summary>The most that fragmenting adds in front of a fragment's data: an IPv6 and a fragment header.</summary>
    public const int MaxHeaderLength = Ipv6Header.Length + Ipv6ExtensionChain.FragmentHeaderLength;

    private readonly ReadOnlySpan<byte> _packet;
    private readonly uint _id;
    private readonly int _headerLength;
    private readonly int _chunk;
    private int _offset;
    private bool _done;

    /// <summary>Begins with a packet.</summary>
    /// <param name="packet">The whole packet; read until the last fragment is written.</param>
    /// <param name="mtu">The longest fragment, header included; at least 68 for IPv4 (RFC 791), 1,280 for IPv6 (RFC 8200).</param>
    /// <param name="id">The identification, different for each datagram between the same hosts; IPv4 uses the low 16 bits.</param>
    public Fragmenter(ReadOnlySpan<byte> packet, int mtu, uint id)
    {
        bool v4 = packet[0] >> 4 == 4;
        Debug.Assert(v4 ? packet[0] == 0x45 && mtu >= 68 : packet[Ipv6Header.NextHeaderOffset] != IpProtocol.HopByHop && mtu >= 1280);
        _packet = packet;
        _id = id;
        _headerLength = v4 ? Ipv4Header.MinLength : Ipv6Header.Length;
        _chunk = packet.Length <= mtu ? packet.Length : (mtu - (v4 ? Ipv4Header.MinLength : MaxHeaderLength)) & ~7;
        _offset = 0;
        _done = false;
    }

    /// <summary>How many fragments there will be.</summary>
    public readonly int Count => Math.Max(1, (_packet.Length - _headerLength + _chunk - 1) / _chunk);

    /// <summary>Writes the next fragment; says no when there is none left.</summary>
    /// <param name="destination">Room for one packet of the MTU.</param>
    /// <param name="length">The fragment's length.</param>
    public bool TryWriteNext(Span<byte> destination, out int length)
    {
        length = 0;
        if (_done)
        {
            return false;
        }

        if (_chunk == _packet.Length)
        {
            _done = true;
            length = _packet.Length;
            _packet.CopyTo(destination);
            return true;
        }

        ReadOnlySpan<byte> rest = _packet[(_headerLength + _offset)..];
        ReadOnlySpan<byte> data = rest[..Math.Min(_chunk, rest.Length)];
        _done = data.Length == rest.Length;
        int header = _headerLength == Ipv4Header.MinLength
            ? WriteHeaderV4(destination, data.Length)
            : WriteHeaderV6(destination, data.Length);
        data.CopyTo(destination[header..]);
        length = header + data.Length;
        _offset += data.Length;
        return true;
    }

    private readonly int WriteHeaderV4(Span<byte> destination, int dataLength)
    {
        Span<byte> header = destination[..Ipv4Header.MinLength];
        _packet[..Ipv4Header.MinLength].CopyTo(header);

        // DF goes: it was the promise of a packet that would fit.
        int word = (_offset >> 3) | (_done ? 0 : Ipv4Header.MoreFragmentsBit);
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.TotalLengthOffset..], (ushort)(Ipv4Header.MinLength + dataLength));
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.IdOffset..], (ushort)_id);
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.FragmentOffsetOffset..], (ushort)word);
        Ipv4Header.UpdateChecksum(header);
        return Ipv4Header.MinLength;
    }

    private readonly int WriteHeaderV6(Span<byte> destination, int dataLength)
    {
        _packet[..Ipv6Header.Length].CopyTo(destination);
        byte transport = destination[Ipv6Header.NextHeaderOffset];
        destination[Ipv6Header.NextHeaderOffset] = IpProtocol.Fragment;
        BinaryPrimitives.WriteUInt16BigEndian(
            destination[Ipv6Header.PayloadLengthOffset..], (ushort)(Ipv6ExtensionChain.FragmentHeaderLength + dataLength));
        Span<byte> fragment = destination[Ipv6Header.Length..];
        uint first = ((uint)transport << 24) | (uint)_offset | (_done ? 0u : 1u);
        BinaryPrimitives.WriteUInt32BigEndian(fragment, first);
        BinaryPrimitives.WriteUInt32BigEndian(fragment[4..], _id);
        return MaxHeaderLength;
    }
}
