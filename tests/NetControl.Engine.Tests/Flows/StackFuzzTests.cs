using System.Buffers.Binary;
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Ip;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Flows;

/// <summary>Packets of every kind, whole and broken, by the hundred thousand: no fault, bounded memory, nothing left behind.</summary>
public sealed class StackFuzzTests
{
    private static readonly DeviceLimits s_limits = new()
    {
        MaxTcpSessions = 3000,
        MaxUdpSessions = 500,
        MaxHalfOpen = 300,
        MaxReassemblyBytes = 1 << 20,
    };

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task Packets_WholeMutatedAndRandom_LeaveNothingBehind(int seed, bool acceptImmediately)
    {
        DeviceSpec spec = new() { Name = "devices/test", InterfaceName = "", Mtu = 1500, Limits = s_limits };
        await using PacketEngine engine = new(TestEngine.Options, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        SelectiveDialer dialer = new(engine.StreamDialer, 1, refuses: seed == 1);
        using StackDevice stack = engine.OpenStack(spec, dialer, new SilentProxy());
        stack.Device.AcceptImmediately = acceptImmediately;
        Thread reader = new(() =>
        {
            byte[] buffer = new byte[70_000];
            while (stack.Read(buffer) > 0)
            {
            }
        });
        reader.Start();
        byte[][] seeds = [.. Seeds()];
        Random random = new(seed);
        byte[] bytes = new byte[1500];
        for (int i = 0; i < 120_000; i++)
        {
            stack.Write(bytes.AsSpan(0, Math.Max(1, Mutate(seeds[random.Next(seeds.Length)], bytes, random))));
            if (i % 10_000 == 0)
            {
                CheckBounds(engine);
            }
        }

        await engine.ListSessionsAsync(null, default);
        CheckBounds(engine);
        Assert.Equal(0, engine.ReadCounters().Devices[0].Drops[(int)DropReason.InternalError]);
        await engine.CloseSessionsAsync((in SessionInfo _) => true, SessionCause.ClosedByOperator, default);
        DeviceCounters device = engine.ReadCounters().Devices[0];
        Assert.Equal(default, device.Usage with { ReassemblyBytes = 0 });
        Assert.Equal((0L, 0L), (device.HalfOpen, engine.ReadCounters().Loops[0].Sessions));
        Assert.Empty(await engine.ListSessionsAsync(null, default));
        await stack.Device.CloseAsync(SessionCause.DeviceClosed);
        Assert.Equal(0, stack.Device.Core.Budgets.Reassembly.Used);
        reader.Join(PeerHost.Patience);
    }

    private static void CheckBounds(PacketEngine engine)
    {
        DeviceUsage usage = engine.ReadCounters().Devices[0].Usage;
        Assert.InRange(usage.TcpSessions, 0, s_limits.MaxTcpSessions);
        Assert.InRange(usage.UdpSessions, 0, s_limits.MaxUdpSessions);
        Assert.InRange(usage.HalfOpen, 0, s_limits.MaxHalfOpen);
        Assert.InRange(usage.ReassemblyBytes, 0, s_limits.MaxReassemblyBytes);
    }

    private static int Mutate(byte[] seed, byte[] into, Random random)
    {
        if (random.Next(20) == 0)
        {
            int any = random.Next(1, 200);
            random.NextBytes(into.AsSpan(0, any));
            into[0] = (byte)(random.Next(2) == 0 ? 0x45 : 0x60);
            return any;
        }

        seed.CopyTo(into, 0);
        Span<byte> packet = into.AsSpan(0, seed.Length);
        for (int mutations = random.Next(4); mutations > 0; mutations--)
        {
            packet[random.Next(packet.Length)] = (byte)random.Next(256);
        }

        // A new source port makes a new session; a right checksum lets the mutation through to where it matters.
        bool v4 = packet[0] >> 4 == 4;
        int transport = v4 ? 20 : 40;
        packet[transport + 1] = (byte)random.Next(256);
        if (random.Next(8) != 0)
        {
            Repair(packet, v4, transport);
        }

        return random.Next(10) == 0 ? random.Next(1, packet.Length + 1) : packet.Length;
    }

    private static void Repair(Span<byte> packet, bool v4, int transport)
    {
        byte protocol = packet[v4 ? 9 : 6];
        int at = protocol switch
        {
            IpProtocol.Tcp => TcpChecksumOffset,
            IpProtocol.Udp => UdpChecksumOffset,
            IpProtocol.Icmp or IpProtocol.IcmpV6 => IcmpChecksumOffset,
            _ => -1,
        };
        Span<byte> segment = packet[transport..];
        if (at >= 0 && at + 2 <= segment.Length)
        {
            BinaryPrimitives.WriteUInt16BigEndian(segment[at..], 0);
            IpAddr from = v4 ? IpAddr.ReadV4(packet[12..]) : IpAddr.ReadV6(packet[8..]);
            IpAddr to = v4 ? IpAddr.ReadV4(packet[16..]) : IpAddr.ReadV6(packet[24..]);
            uint pseudo = protocol == IpProtocol.Icmp ? 0 : Checksum.PseudoHeader(from, to, protocol, segment.Length);
            BinaryPrimitives.WriteUInt16BigEndian(segment[at..], Checksum.Finish(Checksum.Sum(segment, pseudo)));
        }

        if (v4)
        {
            Ipv4Header.UpdateChecksum(packet[..20]);
        }
    }

    private const int TcpChecksumOffset = 16;
    private const int UdpChecksumOffset = 6;
    private const int IcmpChecksumOffset = 2;

    private static IEnumerable<byte[]> Seeds()
    {
        TcpOptions syn = new() { Mss = 1460, WindowScale = 7, SackPermitted = true, HasTimestamps = true, TsVal = 1 };
        TcpOptions ack = new() { HasTimestamps = true, TsVal = 2, TsEcr = 1 };
        byte[] buffer = new byte[4000];
        foreach ((string f, string t) in ((string, string)[])[("10.0.0.2:4000", "198.18.0.1:80"), ("[fd77::2]:4000", "[fd99::1]:80")])
        {
            AddrPort from = AddrPort.Parse(f);
            AddrPort to = AddrPort.Parse(t);
            foreach (TcpFlags flags in (TcpFlags[])[TcpFlags.Syn, TcpFlags.Syn | TcpFlags.Fin, TcpFlags.Ack, TcpFlags.Rst, TcpFlags.Fin | TcpFlags.Ack])
            {
                bool first = (flags & TcpFlags.Syn) != 0;
                SequenceNumber seq = new(first ? 99u : 100u);
                byte[] payload = new byte[first ? 0 : 40];
                yield return buffer[..TcpPacket.Write(buffer, from, to, seq, default, flags, 5000, first ? syn : ack, payload)];
            }

            yield return buffer[..UdpPacket.Write(buffer, from, to, new byte[30])];
            byte[] quote = buffer[..UdpPacket.Write(buffer, from, to, new byte[30])];
            yield return buffer[..IcmpPacket.Write(buffer, from.Address, to.Address, (byte)(from.IsV4 ? 8 : 128), 0, 1, new byte[30])];
            yield return buffer[..IcmpPacket.Write(buffer, to.Address, from.Address, (byte)(from.IsV4 ? 3 : 1), 3, 0, quote)];
            byte[] large = buffer[..UdpPacket.Write(buffer, from, to, new byte[3000])];
            byte[] room = new byte[1500];
            Fragmenter fragments = new(large, 1280, 77);
            List<byte[]> pieces = [];
            while (fragments.TryWriteNext(room, out int length))
            {
                pieces.Add(room[..length]);
            }

            foreach (byte[] piece in pieces)
            {
                yield return piece;
            }
        }

        byte[] v6 = buffer[..UdpPacket.Write(buffer, AddrPort.Parse("[fd77::2]:4000"), AddrPort.Parse("[fd99::1]:80"), new byte[30])];
        byte[] extensions = [43, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 1];
        yield return [.. v6[..5], (byte)(v6[5] + 24), 0, .. v6[7..40], .. extensions, .. v6[40..]];
    }
}
