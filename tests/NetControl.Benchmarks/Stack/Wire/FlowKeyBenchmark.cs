using BenchmarkDotNet.Attributes;
using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Benchmarks.Stack.Wire;

/// <summary>Finding a flow among many.</summary>
[MemoryDiagnoser]
public class FlowKeyBenchmark
{
    private readonly Dictionary<FlowKey, object> _table = [];
    private FlowKey[] _keys = [];
    private int _next;

    /// <summary>Flows in the table.</summary>
    [Params(64, 10_000)]
    public int Flows { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _keys = [.. Enumerable.Range(0, Flows).Select(i => new FlowKey(
            IpProtocol.Tcp, new AddrPort(IpAddr.FromV4(0x0A4D0001), (ushort)(1024 + i)), new AddrPort(IpAddr.FromV4(0xC6120001), 443)))];
        foreach (FlowKey key in _keys)
        {
            _table[key] = _keys;
        }
    }

    [Benchmark]
    public bool Find()
    {
        _next = _next + 1 == _keys.Length ? 0 : _next + 1;
        return _table.TryGetValue(_keys[_next], out _);
    }
}
