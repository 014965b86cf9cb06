using BenchmarkDotNet.Attributes;
using NetControl.Stack.Wire;

namespace NetControl.Benchmarks.Stack.Wire;

/// <summary>The internet checksum, where no offload does it.</summary>
[MemoryDiagnoser]
public class ChecksumBenchmark
{
    private byte[] _bytes = [];

    /// <summary>Bytes summed.</summary>
    [Params(40, 1500, 65_000)]
    public int Length { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _bytes = new byte[Length];
        for (int i = 0; i < Length; i++)
        {
            _bytes[i] = (byte)(i * 31);
        }
    }

    [Benchmark]
    public uint Sum() => Checksum.Sum(_bytes);
}
