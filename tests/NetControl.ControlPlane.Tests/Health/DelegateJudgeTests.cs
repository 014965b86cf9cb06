using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;
using NetControl.Network;
using NetControl.Testing;

namespace NetControl.ControlPlane.Tests.Health;

public sealed class DelegateJudgeTests
{
    private const string A = "proxies/a";
    private const string B = "proxies/b";
    private static readonly HealthProbeSpec s_probe = new(HostPort.Parse("192.0.2.1:443"), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), SkipStandby: false);
    private readonly ManualTimeProvider _time = new();
    private readonly DelegateJudge _judge;

    public DelegateJudgeTests() => _judge = new DelegateJudge(_time);

    private FailoverSpec Spec { get; set; } = FailoverSpec.Default;

    [Fact]
    public void FailuresInARow_LeaveForTheNext_AndSayWhy()
    {
        Use(A, [A, B]);
        Fail(A, 2);
        Assert.Null(Look());
        Fail(A, 1);
        SwitchDecision left = Assert.IsType<SwitchDecision>(Look());
        Assert.Equal((A, B, SwitchReason.Failures), (left.From, left.To, left.Reason));
        Assert.Contains("3 attempts in a row failed, the last at connect: gone", left.Why, StringComparison.Ordinal);
        ProxyHealth health = _judge.View()[0];
        Assert.Equal((ProxyCondition.Unhealthy, "connect", "gone", 3L), (health.Condition, health.LastErrorStage, health.LastError, health.ConsecutiveFailures));
        Assert.Equal(_time.GetUtcNow() + Spec.BackOff, health.RetryTime);
    }

    [Fact]
    public void ASuccessBetween_BreaksTheRow()
    {
        Use(A, [A, B]);
        for (int i = 0; i < 4; i++)
        {
            Fail(A, 2);
            Succeed(A, 1);
        }

        Assert.Null(Look());
        Assert.Equal(ProxyCondition.Healthy, _judge.View()[0].Condition);
    }

    [Fact]
    public void ManyFailuresAmongTheLast_LeaveToo()
    {
        Spec = Spec with { Window = 10, WindowFailures = 5 };
        Use(A, [A, B]);
        Succeed(A, 1);
        for (int i = 0; i < 5; i++)
        {
            Assert.Null(Look());
            Fail(A, 1);
            Succeed(A, i < 4 ? 1 : 0);
        }

        Assert.Equal(SwitchReason.FailureRate, Look()!.Reason);
    }

    [Fact]
    public void FailBack_NeedsSuccesses_BackOff_AndHoldDown()
    {
        Spec = Spec with { Probe = s_probe };
        Use(A, [A, B]);
        Fail(A, 3);
        Assert.Equal(B, Look()!.To);
        Use(B, [A, B]);
        Probe(A, 2);
        Advance(40);
        Assert.Null(Look()); // two are not three
        Probe(A, 1);
        SwitchDecision back = Assert.IsType<SwitchDecision>(Look());
        Assert.Equal((A, SwitchReason.Recovered), (back.To, back.Reason));
    }

    [Fact]
    public void FailBack_BeforeTheHoldDown_Waits_AndIsLookedAtThen()
    {
        Spec = Spec with { Probe = s_probe, HoldDown = TimeSpan.FromSeconds(60) };
        Use(A, [A, B]);
        Fail(A, 3);
        Use(B, [A, B]);
        Advance(20);
        Probe(A, 3);
        Assert.Null(_judge.Look(out TimeSpan? next, out _));
        Assert.True(next <= TimeSpan.FromSeconds(40));
        Advance(40);
        Assert.Equal(A, Look()!.To);
    }

    [Fact]
    public void AFailureWhileItRecovers_BeginsAnew()
    {
        Spec = Spec with { Probe = s_probe };
        Use(A, [A, B]);
        Fail(A, 3);
        Use(B, [A, B]);
        Advance(60);
        Probe(A, 2);
        Fail(A, 1);
        Probe(A, 3);
        Assert.Null(Look()); // the last failure's back-off
        Advance(10);
        Assert.Equal(A, Look()!.To);
    }

    [Fact]
    public void WithoutProbes_ItIsTriedBySessions_AfterBackOff_WhichDoubles()
    {
        Use(A, [A, B]);
        TimeSpan expected = Spec.BackOff;
        for (int i = 0; i < 8; i++)
        {
            Fail(A, 3);
            Assert.Equal(B, Look()!.To);
            Assert.Equal(_time.GetUtcNow() + expected, _judge.View()[0].RetryTime);
            Use(B, [A, B]);
            Advance(Math.Max(expected.TotalSeconds, 30) - 1);
            Assert.Null(Look());
            Advance(1);
            Assert.Equal(A, Look()!.To);
            Use(A, [A, B]);
            expected = expected * 2 < Spec.MaxBackOff ? expected * 2 : Spec.MaxBackOff;
        }

        Succeed(A, 1);
        Advance(Spec.MaxBackOff.TotalSeconds);
        Fail(A, 3);
        Assert.Equal(_time.GetUtcNow() + Spec.BackOff, _judge.View()[0].RetryTime);
    }

    [Fact]
    public void WhenAllAreUnhealthy_ItStays_AndTakesTheFirstThatComesBack()
    {
        Spec = Spec with { Probe = s_probe };
        Use(A, [A, B]);
        Fail(B, 3);
        Fail(A, 3);
        Assert.Null(Look());
        Advance(30);
        Probe(B, 3);
        Assert.Equal(B, Look()!.To);
    }

    [Fact]
    public void TheOneInUse_IsHealthyAgain_BySuccessesAlone()
    {
        Use(A, [A]);
        Fail(A, 3);
        Assert.Equal(ProxyCondition.Unhealthy, _judge.View()[0].Condition);
        Succeed(A, 3);
        Assert.Equal(ProxyCondition.Healthy, _judge.View()[0].Condition);
    }

    [Fact]
    public void TheOneInUse_WithoutTraffic_IsUnknownAfterBackOff()
    {
        Use(A, [A]);
        Fail(A, 3);
        Advance(10);
        Look();
        Assert.Equal(ProxyCondition.Unknown, _judge.View()[0].Condition);
    }

    [Fact]
    public void Fixed_Judges_AndStays()
    {
        Spec = Spec with { Mode = FailoverMode.Fixed };
        Use(A, [A, B]);
        Fail(A, 10);
        Assert.Null(Look());
        Assert.Equal(ProxyCondition.Unhealthy, _judge.View()[0].Condition);
    }

    [Fact]
    public void OutsideItsProxies_ItJudges_AndStays()
    {
        Use("proxies/elsewhere", [A, B]);
        Fail("proxies/elsewhere", 3);
        Assert.Null(Look());
        Assert.Equal(["proxies/a Unknown", "proxies/b Unknown", "proxies/elsewhere Unhealthy"], _judge.View().Select(h => $"{h.Proxy} {h.Condition}"));
    }

    [Fact]
    public void WhatSomebodyChose_IsLeftOnlyWhenItFails()
    {
        Use(B, [A, B], pinned: true);
        Succeed(A, 5);
        Advance(3600);
        Assert.Null(Look());
        Fail(B, 3);
        Assert.Equal(A, Look()!.To);
    }

    [Fact]
    public void LowestLatency_NeedsAClearLead_OverTheHoldDown()
    {
        Spec = Spec with { Mode = FailoverMode.LowestLatency, Probe = s_probe };
        Use(A, [A, B]);
        Probe(A, 5, 50);
        Probe(B, 5, 45);
        Advance(31);
        Assert.Null(Look());
        Probe(B, 20, 20);
        SwitchDecision faster = Assert.IsType<SwitchDecision>(Look());
        Assert.Equal((B, SwitchReason.Faster), (faster.To, faster.Reason));
    }

    [Fact]
    public void Probes_AreDueEachInterval_OneAtATime_AndSpareTheStandby()
    {
        Spec = Spec with { Probe = s_probe with { SkipStandby = true } };
        Use(A, [A, B]);
        Assert.Equal([A], _judge.TakeProbes());
        Advance(10);
        Assert.Empty(_judge.TakeProbes()); // the first has not come back
        _judge.Probed(A, new DialOutcome("probe connect", "gone", null));
        Assert.Equal([A], _judge.TakeProbes());
        Use(B, [A, B]);
        _judge.Probed(A, null);
        Advance(10);
        Assert.Equal([A, B], _judge.TakeProbes()); // what it left is no standby
    }

    [Fact]
    public void NewSettingsOfAProxy_ForgetWhatWasKnown()
    {
        Use(A, [A, B]);
        Fail(A, 3);
        _judge.Forget(A);
        Assert.Null(Look());
        Assert.Equal(ProxyCondition.Unknown, _judge.View()[0].Condition);
    }

    private void Use(string current, IReadOnlyList<string> proxies, bool pinned = false) => _judge.Update(Spec, proxies, current, pinned);

    private SwitchDecision? Look() => _judge.Look(out _, out _);

    private void Advance(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private void Fail(string proxy, int times) => Repeat(proxy, times, new DialOutcome("connect", "gone", null));

    private void Succeed(string proxy, int times) => Repeat(proxy, times, DialOutcome.Success);

    private void Probe(string proxy, int times, double milliseconds = 10) =>
        Repeat(proxy, times, new DialOutcome("", "", TimeSpan.FromMilliseconds(milliseconds)));

    private void Repeat(string proxy, int times, DialOutcome outcome)
    {
        for (int i = 0; i < times; i++)
        {
            _judge.Record(proxy, outcome);
        }
    }
}
