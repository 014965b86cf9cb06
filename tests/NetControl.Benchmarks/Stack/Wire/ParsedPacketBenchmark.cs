using BenchmarkDotNet.Attributes;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Benchmarks.Stack.Wire;

/// <summary>What every packet pays first: parsing, and its checksum where the kernel does not vouch for it.</summary>
[MemoryDiagnoser]
public class ParsedPacketBenchmark
{
    private readonly byte[] _packet = new byte[2048];
    private int _length;

    /// <summary>Bytes of payload behind the headers.</summary>
    [Params(0, 1448)]
    public int Payload { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        TcpOptions options = new() { HasTimestamps = true, TsVal = 1, TsEcr = 2 };
        _length = TcpPacket.Write(
            _packet,
            AddrPort.Parse("10.77.0.1:40000"),
            AddrPort.Parse("198.18.0.1:443"),
            new SequenceNumber(1),
            new SequenceNumber(2),
            TcpFlags.Ack,
            512,
            options,
            new byte[Payload]);
    }

    [Benchmark(Baseline = true)]
    public ParseResult KernelVouches() => ParsedPacket.TryParse(_packet.AsSpan(0, _length), ChecksumTrust.KernelVouches, out _);

    [Benchmark]
    public ParseResult Verify() => ParsedPacket.TryParse(_packet.AsSpan(0, _length), ChecksumTrust.Verify, out _);
}
