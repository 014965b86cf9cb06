using BenchmarkDotNet.Attributes;
using NetControl.Engine.Loops;
using NetControl.Stack;

namespace NetControl.Benchmarks.Engine.Loops;

/// <summary>What a flow's timer costs: moving its deadline, and a tick of the wheel.</summary>
[MemoryDiagnoser]
public class TimerWheelBenchmark
{
    private readonly Quiet[] _timers = [.. Enumerable.Range(0, 10_000).Select(_ => new Quiet())];
    private TimerWheel _wheel = null!;
    private Instant _now = new(1_000_000);
    private int _next;

    [GlobalSetup]
    public void SetUp() => _wheel = new TimerWheel(_now);

    [Benchmark]
    public void MoveDeadline()
    {
        _next = _next + 1 == _timers.Length ? 0 : _next + 1;
        _wheel.Schedule(_timers[_next], _now + 200_000);
    }

    [Benchmark]
    public void ScheduleAndFire()
    {
        _wheel.Schedule(_timers[0], _now + 1_000);
        _now += 2_000;
        _wheel.Advance(_now);
    }

    private sealed class Quiet : LoopTimer
    {
        internal override void OnDeadline(Instant now)
        {
        }
    }
}
