using NetControl.Server.Machine;

namespace NetControl.Server.Tests.Machine;

public sealed class HousekeepingPolicyTests
{
    private readonly HousekeepingPolicy _policy = new();
    private int _second;

    public HousekeepingPolicyTests()
    {
        Assert.Equal([true, false, false, false], Observe(0, 0, 0, 0)); // The start's own garbage.
    }

    [Fact]
    public void StartUnderTraffic_CollectsOnceItIsQuiet()
    {
        HousekeepingPolicy policy = new();
        Assert.Equal([false, false, true, false], Enumerable.Range(0, 4).Select(second => policy.Observe(TimeSpan.FromSeconds(second), 7)));
    }

    [Fact]
    public void Crowd_ThatLeft_AndQuiet_CollectsOnce()
    {
        Assert.Equal([false, false, false, false, true, false, false], Observe(5000, 10_000, 4000, 4000, 4000, 4000, 4000));
    }

    [Fact]
    public void FewSessions_NeverCollect() => Assert.DoesNotContain(true, Observe(999, 0, 0, 0, 0, 0));

    [Fact]
    public void MoreThanHalf_NeverCollects() => Assert.DoesNotContain(true, Observe(10_000, 5000, 5000, 5000, 5000));

    [Fact]
    public void Movement_PutsItOff() => Assert.Equal([false, false, false, false, false, true], Observe(2000, 10, 11, 10, 10, 10));

    private bool[] Observe(params long[] live) => [.. live.Select(n => _policy.Observe(TimeSpan.FromSeconds(_second++), n))];
}
