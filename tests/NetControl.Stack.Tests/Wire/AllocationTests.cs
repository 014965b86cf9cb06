using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>The packet path does not allocate: reading, writing, hashing.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void ReadingAndWritingPackets_AllocatesNothing()
    {
        byte[] buffer = new byte[200];
        byte[][] packets = ParserFuzzTests.Seeds();
        AddrPort from = AddrPort.Parse("[fd77::1]:1");
        AddrPort to = AddrPort.Parse("[fd99::1]:2");
        Run(buffer, packets, from, to);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int sum = Run(buffer, packets, from, to);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.NotEqual(0, sum);
    }

    private static int Run(byte[] buffer, byte[][] packets, AddrPort from, AddrPort to)
    {
        int sum = 0;
        for (int i = 0; i < 200; i++)
        {
            foreach (byte[] packet in packets)
            {
                ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed);
                sum += parsed.Flow.GetHashCode() + (parsed.Flow == parsed.Flow.Reversed ? 1 : 0);
                int headers = TcpPacket.WriteHeaders(buffer, from, to, parsed.Seq, parsed.Ack, parsed.Flags, 1, in parsed.Options, 10, 1);
                TcpPacket.CompleteChecksum(buffer.AsSpan(0, headers), packet.AsSpan(0, 3), packet.AsSpan(3, 7));
                sum += UdpPacket.Write(buffer, from, to, packet.AsSpan(0, 10));
            }
        }

        return sum;
    }
}
