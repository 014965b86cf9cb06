using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.ControlPlane.Tests.Health;

/// <summary>Whatever the network does, in whatever rhythm: switches are bounded by time, and none is made towards what is known to fail.</summary>
public sealed class FlappingTests
{
    private static readonly HealthProbeSpec s_probe = new(HostPort.Parse("192.0.2.1:443"), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), SkipStandby: false);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomOutcomes_SwitchABoundedNumberOfTimes(int seed)
    {
        Random random = new(seed);
        ManualTimeProvider time = new();
        DelegateJudge judge = new(time);
        string[] proxies = [.. Enumerable.Range(0, random.Next(2, 5)).Select(n => $"proxies/p{n}")];
        FailoverSpec spec = new()
        {
            Mode = random.Next(3) == 0 ? FailoverMode.LowestLatency : FailoverMode.FirstHealthy,
            Failures = random.Next(1, 5),
            Window = 20,
            WindowFailures = random.Next(3, 20),
            Successes = random.Next(1, 4),
            HoldDown = TimeSpan.FromSeconds(random.Next(0, 60)),
            BackOff = TimeSpan.FromSeconds(random.Next(1, 20)),
            MaxBackOff = TimeSpan.FromSeconds(random.Next(20, 200)),
            Probe = random.Next(2) == 0 ? s_probe : null,
        };
        string current = proxies[0];
        judge.Update(spec, proxies, current, pinned: false);
        double[] fails = [.. proxies.Select(_ => random.NextDouble())];
        List<(TimeSpan At, SwitchDecision Made)> switches = [];
        TimeSpan now = TimeSpan.Zero;
        for (int step = 0; step < 20_000; step++)
        {
            TimeSpan pause = TimeSpan.FromMilliseconds(random.Next(random.Next(4) == 0 ? 2000 : 20));
            time.Advance(pause);
            now += pause;
            if (random.Next(2000) == 0)
            {
                fails[random.Next(fails.Length)] = random.NextDouble(); // the weather changes
            }

            int which = random.Next(4) == 0 ? random.Next(proxies.Length) : Array.IndexOf(proxies, current);
            judge.Record(proxies[which], random.NextDouble() < fails[which] ? new DialOutcome("connect", "gone", null)
                : random.Next(2) == 0 ? DialOutcome.Success : new DialOutcome("", "", TimeSpan.FromMilliseconds(random.Next(1, 100))));
            if (judge.Look(out _, out _) is { } made)
            {
                Assert.Equal(current, made.From);
                Assert.NotEqual(ProxyCondition.Unhealthy, judge.View().Single(h => h.Proxy == made.To).Condition);
                current = made.To;
                judge.Update(spec, proxies, current, pinned: false);
                switches.Add((now, made));
            }
        }

        Check(switches, spec, proxies, now);
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 60)];

    private static void Check(List<(TimeSpan At, SwitchDecision Made)> switches, FailoverSpec spec, string[] proxies, TimeSpan whole)
    {
        for (int i = 1; i < switches.Count; i++)
        {
            if (switches[i].Made.Reason is SwitchReason.Recovered or SwitchReason.Faster)
            {
                Assert.True(switches[i].At - switches[i - 1].At >= spec.HoldDown, "a better choice waits for the hold-down");
            }
        }

        foreach (string proxy in proxies)
        {
            TimeSpan[] left = [.. switches.Where(s => s.Made.From == proxy && s.Made.Reason is SwitchReason.Failures or SwitchReason.FailureRate).Select(s => s.At)];
            Assert.All(left.Skip(1).Zip(left), pair => Assert.True(pair.First - pair.Second >= spec.BackOff, "what failed is left alone"));
        }

        int forced = switches.Count(s => s.Made.Reason is SwitchReason.Failures or SwitchReason.FailureRate);
        Assert.True(forced <= proxies.Length * ((whole / spec.BackOff) + 1));
    }
}
