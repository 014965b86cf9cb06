using System.Buffers;
using System.Buffers.Binary;
using NetControl.Fuzz.Machine;
using NetControl.Stack;
using NetControl.Stack.Ip;
using NetControl.Stack.Wire;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>Fragments in every order, overlapping, lost, too late: what becomes whole is what was sent, and memory stays within its bounds.</summary>
/// <remarks>
/// The input is a script of fragments (family and datagram, offset, length, whether more follow) and of passing time. Every byte of a datagram
/// follows from its place, so the reassembled one can be checked without keeping the pieces.
/// </remarks>
internal sealed class ReassemblerTarget : IFuzzTarget
{
    private const int MaxBytes = 256 << 10;
    private const int MaxDatagrams = 16;
    private const int MaxSteps = 120;
    private const byte Protocol = 253; // RFC 3692: for experiments, so that nothing but IP is parsed
    private readonly byte[] _packet = new byte[4096];
    private readonly CountingPool _pool = new();

    public IEnumerable<(string Name, byte[] Input)> Seeds() =>
    [
        ("in-order", [0, 0, 0, 8, 1, 0, 0, 8, 8, 1, 0, 0, 16, 5, 0]),
        ("reversed", [1, 0, 16, 5, 0, 1, 0, 8, 8, 1, 1, 0, 0, 8, 1]),
        ("overlap", [0, 0, 0, 8, 1, 0, 0, 4, 8, 1, 0, 0, 16, 5, 0]),
        ("duplicate", [1, 0, 0, 8, 1, 1, 0, 0, 8, 1, 1, 0, 8, 5, 0]),
        ("last-twice", [0, 0, 8, 5, 0, 0, 0, 9, 5, 0]),
        ("too-long", [0, 31, 255, 200, 1, 1, 31, 255, 200, 0]),
        ("expires", [0, 0, 0, 8, 1, 128, 90, 2, 0, 0, 8, 1, 128, 90]),
        ("many", [.. Enumerable.Range(0, 32).SelectMany(i => (byte[])[(byte)(i * 2), 0, 0, 200, 1])]),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        InputReader script = new(input);
        Reassembler reassembler = new(MaxBytes, MaxDatagrams, _pool);
        Instant now = new(1_000_000);
        for (int steps = 0; !script.IsEmpty && steps < MaxSteps; steps++)
        {
            byte head = script.Byte();
            if (head >= 128)
            {
                now += script.Byte() * 1_000_000L;
                int expired = 0;
                while (reassembler.TryExpire(now, out ReadOnlySpan<byte> first))
                {
                    Unless(++expired <= MaxDatagrams, "no more expire than there are");
                    Unless(first.IsEmpty || first.Length >= 20, "a first fragment is a packet");
                }
            }
            else
            {
                Add(reassembler, head, script.Short(), script.Byte(), script.Byte(), now);
            }

            Unless(reassembler.Bytes is >= 0 and <= MaxBytes, $"{reassembler.Bytes} bytes are within the bound");
            Unless(reassembler.Count is >= 0 and <= MaxDatagrams, $"{reassembler.Count} datagrams are within the bound");
        }

        reassembler.Clear();
        Unless(reassembler is { Count: 0, Bytes: 0 }, "nothing is left");
        Unless(_pool.Lent == 0, $"{_pool.Lent} buffers were not given back");
    }

    private void Add(Reassembler reassembler, byte head, ushort offset, byte length, byte flags, Instant now)
    {
        bool v4 = (head & 1) == 0;
        bool more = (flags & 1) != 0;
        int at = (offset & 0x1FFF) * 8;
        int payload = more ? length * 8 : (length * 8) + (flags >> 5);
        int headers = v4 ? 20 : 48;
        Span<byte> packet = _packet.AsSpan(0, headers + payload);
        packet[..headers].Clear();
        Header(packet, v4, head, offset & 0x1FFF, more, payload);
        Fill(packet[headers..], head, at);
        if (ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed) != ParseResult.Fragment)
        {
            return; // an atomic fragment, or none at all
        }

        ReassemblyResult result = reassembler.Add(packet, parsed, now, out ReadOnlySpan<byte> whole);
        Unless(result == ReassemblyResult.Complete || whole.IsEmpty, "only a complete datagram is given");
        if (result == ReassemblyResult.Complete)
        {
            ParsedPacket.TryParse(whole, ChecksumTrust.Verify, out ParsedPacket complete);
            Unless(complete.TotalLength == whole.Length && whole.Length <= ushort.MaxValue + 40, "a datagram's length is its header's");
            int start = v4 ? 20 : 40;
            byte[] expected = ArrayPool<byte>.Shared.Rent(whole.Length);
            Fill(expected.AsSpan(0, whole.Length - start), head, 0);
            Unless(whole[start..].SequenceEqual(expected.AsSpan(0, whole.Length - start)), "what was put together is what was sent");
            ArrayPool<byte>.Shared.Return(expected);
        }
    }

    private static void Header(Span<byte> packet, bool v4, byte head, int offset, bool more, int payload)
    {
        if (v4)
        {
            packet[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(head >> 1));
            BinaryPrimitives.WriteUInt16BigEndian(packet[6..], (ushort)((more ? 0x2000 : 0) | offset));
            packet[8] = 64;
            packet[9] = Protocol;
            ((ReadOnlySpan<byte>)[10, 0, 0, 2, 198, 18, 0, 1]).CopyTo(packet[12..]);
            Ipv4Header.UpdateChecksum(packet[..20]);
            return;
        }

        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(payload + 8));
        packet[6] = IpProtocol.Fragment;
        packet[7] = 64;
        packet[8] = packet[24] = 0xFD;
        packet[23] = 2;
        packet[39] = 1;
        packet[40] = Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(packet[42..], (ushort)((offset << 3) | (more ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(packet[44..], (uint)(head >> 1));
    }

    private static void Fill(Span<byte> bytes, byte datagram, int offset)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(((offset + i) * 31) + ((offset + i) >> 8) + datagram);
        }
    }

    /// <summary>A pool that knows how many of its buffers are out.</summary>
    private sealed class CountingPool : ArrayPool<byte>
    {
        public int Lent { get; private set; }

        public override byte[] Rent(int minimumLength)
        {
            Lent++;
            return Shared.Rent(minimumLength);
        }

        public override void Return(byte[] array, bool clearArray = false)
        {
            Lent--;
            Shared.Return(array, clearArray);
        }
    }
}
