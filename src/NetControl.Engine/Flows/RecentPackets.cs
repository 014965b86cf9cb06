using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <summary>The beginnings of the latest packets that may turn out to be undeliverable: an ICMP error must quote them unchanged (RFC 1122 3.2.2, RFC 4443 2.4 c).</summary>
/// <remarks>Owner: one loop. Lifetime: the loop's. Buffers: one, of fixed size; the oldest packet gives way, and is then quoted by its likeness.</remarks>
internal sealed class RecentPackets
{
    private readonly byte[] _bytes;
    private readonly Entry[] _entries;
    private readonly int _size;
    private int _next;

    /// <summary>Makes room for so many packets of so many bytes each.</summary>
    public RecentPackets(int count, int size)
    {
        _entries = new Entry[count];
        _bytes = GC.AllocateUninitializedArray<byte>(count * size);
        _size = size;
    }

    /// <summary>Keeps the beginning of a packet.</summary>
    public void Add(in ParsedPacket parsed, ReadOnlySpan<byte> packet)
    {
        int length = Math.Min(Math.Min(parsed.TotalLength, _size), IcmpErrors.MaxQuote(parsed.IsV4));
        packet[..length].CopyTo(_bytes.AsSpan(_next * _size));
        _entries[_next] = new Entry(parsed.From, parsed.To, length);
        _next = _next + 1 == _entries.Length ? 0 : _next + 1;
    }

    /// <summary>Finds the latest packet between two sockets.</summary>
    public bool TryFind(AddrPort from, AddrPort to, out ReadOnlySpan<byte> beginning)
    {
        for (int i = 1; i <= _entries.Length; i++)
        {
            int at = _next - i < 0 ? _next - i + _entries.Length : _next - i;
            ref readonly Entry entry = ref _entries[at];
            if (entry.Length == 0)
            {
                break; // never used yet
            }

            if (entry.From == from && entry.To == to)
            {
                beginning = _bytes.AsSpan(at * _size, entry.Length);
                return true;
            }
        }

        beginning = default;
        return false;
    }

    private readonly record struct Entry(AddrPort From, AddrPort To, int Length);
}
