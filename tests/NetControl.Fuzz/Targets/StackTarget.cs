using System.Buffers.Binary;
using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;

namespace NetControl.Fuzz.Targets;

/// <summary>The whole stack in virtual time: packets in, packets out, dials, streams and timers as the script says.</summary>
/// <remarks>
/// <para>The input is a script of steps. A packet comes as bytes, whose checksums and sequence numbers are put right on demand, or is built
/// for one of sixteen connections, so that a few bytes of input go deep. See <see cref="Step"/>.</para>
/// <para>After every step: nothing of ours failed, every limit holds, every packet that came out is valid and fits the MTU. After all:
/// sessions, half-open places, buffers, incomplete datagrams and timers are back to nothing.</para>
/// </remarks>
internal sealed class StackTarget : IFuzzTarget
{
    private const int MaxSteps = 400;
    private const long LongestPause = 1L << 27; // 134 s
    private static readonly AddrPort s_remoteV4 = AddrPort.Parse("198.18.0.1:80");
    private static readonly AddrPort s_remoteV6 = AddrPort.Parse("[fd99::1]:80");
    private readonly StackWorld _world = new();
    private readonly byte[] _packet = new byte[FuzzRun.MaxInput];

    private enum Step
    {
        Packet,
        RawPacket,
        Segment,
        SegmentAgain,
        Pause,
        Upstream,
        Datagram,
        Other,
    }

    public IEnumerable<(string Name, byte[] Input)> Seeds()
    {
        foreach ((string name, byte[] packet) in SamplePackets.All())
        {
            yield return ($"packet-{name}", Script([Raw(packet)]));
        }

        byte[] syn = Segment(0, TcpFlags.Syn);
        byte[] ack = Segment(0, TcpFlags.Ack);
        byte[] data = Segment(0, TcpFlags.Ack | TcpFlags.Psh, length: 200);
        byte[] fin = Segment(0, TcpFlags.Fin | TcpFlags.Ack);
        byte[] rst = Segment(0, TcpFlags.Rst);
        byte[] pause = [(byte)Step.Pause, 20];
        byte[] longPause = [(byte)Step.Pause, 27];
        byte[] says = [(byte)Step.Upstream, 0, 0, 200];
        byte[] ends = [(byte)Step.Upstream, 0, 1, 0];
        byte[] breaks = [(byte)Step.Upstream, 0, 2, 0];
        byte[] blocks = [(byte)Step.Upstream, 0, 3, 0];
        byte[] answers = [(byte)Step.Upstream, 0, 4, 0];
        yield return ("tcp-close-by-client", Script([syn, ack, data, says, ack, fin, ends, ack, pause]));
        yield return ("tcp-close-by-upstream", Script([syn, ack, says, ends, ack, data, fin, longPause]));
        yield return ("tcp-reset", Script([syn, ack, data, rst]));
        yield return ("tcp-upstream-breaks", Script([syn, ack, data, says, breaks, ack]));
        yield return ("tcp-blocked", Script([syn, ack, blocks, data, data, data, fin, pause, blocks, ack]));
        yield return ("tcp-lost", Script([syn, ack, says, pause, pause, longPause, ack, longPause, longPause]));
        yield return ("tcp-gap", Script([syn, ack, Segment(0, TcpFlags.Ack, length: 100, ahead: 1), data, fin, ends]));
        yield return ("tcp-dials", Script([.. Enumerable.Range(0, 16).Select(i => Segment(i, TcpFlags.Syn)), answers, pause, longPause]));
        yield return ("tcp-again", Script([syn, ack, fin, ends, ack, syn, ack, pause, syn]));
        yield return ("tcp-syn-data", Script([Segment(0, TcpFlags.Syn | TcpFlags.Fin, length: 50), ack, Segment(0, TcpFlags.Syn), rst]));
        byte[] datagram = Script([Raw(SamplePackets.All().First(s => s.Name == "v4-udp").Packet)]);
        const byte Back = (byte)Step.Datagram;
        yield return ("udp-answers", [.. datagram, Back, 0, 40, Back, 1, 40, Back, 66, 255, Back, 131, 0]);
        yield return ("operator", Script([syn, ack, data, says, [(byte)Step.Other, 0], syn, [(byte)Step.Other, 1], [(byte)Step.Other, 2]]));
    }

    public void Run(ReadOnlySpan<byte> input)
    {
        InputReader script = new(input);
        _world.Begin(script.Byte());
        for (int steps = 0; !script.IsEmpty && steps < MaxSteps; steps++)
        {
            Take(ref script);
            _world.Check();
        }

        _world.End();
    }

    private void Take(ref InputReader script)
    {
        byte head = script.Byte();
        switch ((Step)(head & 7))
        {
            case Step.Packet or Step.RawPacket:
                ReadOnlySpan<byte> bytes = script.Bytes(Math.Min(script.Short() & 0x0FFF, StackWorld.Mtu));
                Span<byte> packet = _packet.AsSpan(0, bytes.Length);
                bytes.CopyTo(packet);
                if ((head & 8) != 0)
                {
                    _world.Aim(packet);
                }

                if ((head & 7) == (int)Step.Packet)
                {
                    SamplePackets.Repair(packet);
                }

                _world.Deliver(packet, (head & 16) != 0 ? ChecksumTrust.KernelVouches : ChecksumTrust.Verify);
                return;
            case Step.Segment or Step.SegmentAgain:
                TakeSegment(head, ref script);
                return;
            case Step.Pause:
                _world.Pause(Math.Min(1L << (script.Byte() & 31), LongestPause));
                return;
            case Step.Upstream:
                _world.Upstream(script.Byte(), script.Byte() & 7, script.Byte());
                return;
            case Step.Datagram:
                _world.Answer(script.Byte(), script.Byte());
                return;
            default:
                _world.Interfere(script.Byte(), _packet);
                return;
        }
    }

    /// <summary>A well-formed segment of one of sixteen connections, at the place in the sequence that it should be at, or near it.</summary>
    private void TakeSegment(byte head, ref InputReader script)
    {
        byte which = script.Byte();
        TcpFlags flags = (TcpFlags)(script.Byte() & 0x3F);
        int length = script.Short() & 0x07FF;
        sbyte ahead = (sbyte)script.Byte();
        sbyte behind = (sbyte)script.Byte();
        ushort window = script.Short();
        (AddrPort from, AddrPort to) = Connection(which & 15);
        TcpOptions options = default;
        if ((flags & TcpFlags.Syn) != 0)
        {
            options = new TcpOptions
            {
                Mss = (ushort)(script.Byte() << 3),
                WindowScale = script.Byte() % 15,
                SackPermitted = (head & 8) != 0,
                HasTimestamps = (head & 16) != 0,
                TsVal = 1,
            };
        }
        else if ((head & 16) != 0)
        {
            options = new TcpOptions { HasTimestamps = true, TsVal = 2 + (uint)script.Byte(), TsEcr = script.Byte() };
        }

        (uint seq, uint ack) = _world.Place(from, to);
        seq += (uint)(ahead * (ahead is -1 or 1 ? 1 : 97));
        ack += (uint)(behind * (behind is -1 or 1 ? 1 : 97));
        if ((head & 8) != 0 && (flags & TcpFlags.Syn) == 0)
        {
            options.TryAddSack(new SequenceNumber(ack + script.Byte() * 16u), new SequenceNumber(ack + script.Byte() * 64u));
        }

        Span<byte> payload = stackalloc byte[Math.Min(length, 1380)];
        int written = TcpPacket.Write(_packet, from, to, new(seq), new(ack), flags, window, options, payload);
        _world.Deliver(_packet.AsSpan(0, written), ChecksumTrust.Verify);
    }

    private static (AddrPort From, AddrPort To) Connection(int which)
    {
        bool v4 = which < 8;
        AddrPort to = new(v4 ? s_remoteV4.Address : s_remoteV6.Address, (ushort)(80 + (which & 7)));
        return (new AddrPort(v4 ? StackWorld.ClientV4 : StackWorld.ClientV6, (ushort)(4000 + which)), to);
    }

    private static byte[] Script(IEnumerable<byte[]> steps) => [0, .. steps.SelectMany(step => step)];

    private static byte[] Raw(byte[] packet)
    {
        byte[] step = [(byte)Step.RawPacket, 0, 0, .. packet];
        BinaryPrimitives.WriteUInt16BigEndian(step.AsSpan(1), (ushort)packet.Length);
        return step;
    }

    private static byte[] Segment(int which, TcpFlags flags, int length = 0, sbyte ahead = 0)
    {
        List<byte> step = [(byte)Step.Segment, (byte)which, (byte)flags];
        InputReader.Put(step, (ushort)length);
        step.Add((byte)ahead);
        step.Add(0);
        InputReader.Put(step, 30_000);
        return (flags & TcpFlags.Syn) != 0 ? [.. step, 180, 7] : [.. step];
    }
}
