using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Socks5;

namespace NetControl.ControlPlane.Tests.Health;

public sealed class ProxyMeterTests
{
#if DEBUG
    // The compiler makes the state machines of async methods classes in debug builds; nothing can pool those.
    private const int GarbagePerDial = 1024;
#else
    private const int GarbagePerDial = 0;
#endif
    private readonly ManualTimeProvider _time = new();
    private readonly ProxyMeter _meter;
    private readonly DelegateJudge _judge;

    public ProxyMeterTests()
    {
        _meter = new ProxyMeter("proxies/a", _time);
        _judge = new DelegateJudge(_time);
        _judge.Update(FailoverSpec.Default with { Failures = 1000 }, ["proxies/a"], "proxies/a", pinned: false);
        _meter.Add(_judge);
    }

    private ProxyHealth Health => _judge.View()[0];

    public static TheoryData<DialFailure> AboutTheDestination() =>
        [DialFailure.Refused, DialFailure.HostUnreachable, DialFailure.NetworkUnreachable, DialFailure.NotAllowed];

    [Theory]
    [MemberData(nameof(AboutTheDestination))]
    public void WhatIsSaidAboutADestination_ShowsThatTheProxyWorks(DialFailure failure)
    {
        _meter.Failed(DialStage.Dial, _meter.Now, new DialException(failure, "no"), judging: true);
        Assert.Equal((ProxyCondition.Healthy, 0L), (Health.Condition, Health.ConsecutiveFailures));
    }

    [Theory]
    [InlineData(Socks5ReplyCode.TtlExpired)]
    [InlineData(Socks5ReplyCode.CommandNotSupported)]
    [InlineData(Socks5ReplyCode.ConnectionRefused)]
    public void AnAnswerOfTheProxy_ShowsThatItWorks(Socks5ReplyCode code)
    {
        _meter.Failed(DialStage.Dial, _meter.Now, new Socks5Exception(code), judging: true);
        Assert.Equal(ProxyCondition.Healthy, Health.Condition);
    }

    [Theory]
    [InlineData(DialFailure.ProxyUnreachable)]
    [InlineData(DialFailure.ProxyProtocol)]
    public void WhatTheProxyDoesWrong_Counts(DialFailure failure)
    {
        _meter.Failed(DialStage.Dial, _meter.Now, new Socks5Exception(failure, "broken off"), judging: true);
        Assert.Equal((1L, "handshake", "broken off"), (Health.ConsecutiveFailures, Health.LastErrorStage, Health.LastError));
    }

    [Theory]
    [InlineData(DialFailure.TimedOut)]
    [InlineData(DialFailure.LocalLimit)]
    [InlineData(DialFailure.Canceled)]
    [InlineData(DialFailure.Other)]
    public void WhatMayBeAnybodysFault_SaysNothing(DialFailure failure)
    {
        _meter.Failed(DialStage.Dial, _meter.Now, new DialException(failure, "?"), judging: true);
        Assert.Null(Health.LastOutcomeTime);
    }

    [Fact]
    public void AConnectionThatFails_AndTheDialThatFailsByIt_AreOneAttempt()
    {
        DialException refused = new(DialFailure.Refused, "connect to 192.0.2.1:1080: refused");
        _meter.Failed(DialStage.Connect, _meter.Now, refused, judging: true);
        _meter.Failed(DialStage.Dial, _meter.Now, new Socks5Exception(DialFailure.ProxyUnreachable, "cannot be reached", refused), judging: true);
        Assert.Equal((1L, "connect"), (Health.ConsecutiveFailures, Health.LastErrorStage));
    }

    [Fact]
    public void ADialGivenUp_CountsOnlyWhereTheServerDidNotAnswerForAWhile()
    {
        _meter.Failed(DialStage.Connect, _meter.Now, new OperationCanceledException(), judging: true);
        long start = _meter.Now;
        _time.Advance(TimeSpan.FromSeconds(20));
        _meter.Failed(DialStage.Dial, start, new OperationCanceledException(), judging: true);
        Assert.Null(Health.LastOutcomeTime);
        _meter.Failed(DialStage.Connect, start, new OperationCanceledException(), judging: true);
        Assert.Equal((1L, "connect"), (Health.ConsecutiveFailures, Health.LastErrorStage));
    }

    [Fact]
    public void WhatDoesNotJudge_IsOnlyMeasured()
    {
        long start = _meter.Now;
        _time.Advance(TimeSpan.FromMilliseconds(30));
        _meter.Succeeded(DialStage.Dial, start, judging: false);
        _meter.Failed(DialStage.Dial, start, new DialException(DialFailure.Refused, "no"), judging: false);
        Assert.Null(Health.LastOutcomeTime);
        Assert.Equal(
            [new DialBucket(DialStage.Dial, null, 5, 1, TimeSpan.FromMilliseconds(30)), new DialBucket(DialStage.Dial, DialFailure.Refused, 5, 1, TimeSpan.FromMilliseconds(30))],
            _meter.Histogram.Read());
    }

    [Fact]
    public async Task ADial_IsMeasured_WithoutGarbage()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        MeteredDialer dialer = new(new Fakes.ScriptedDialer(), _meter, DialStage.Dial, static _ => true);
        HostPort destination = HostPort.Parse("192.0.2.1:80");
        for (int i = 0; i < 100; i++)
        {
            await dialer.DialAsync(destination, TestContext.Current.CancellationToken);
        }

        CancellationToken token = TestContext.Current.CancellationToken;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            await dialer.DialAsync(destination, token);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, GarbagePerDial);
        Assert.Equal((ProxyCondition.Healthy, 1100L), (Health.Condition, Health.ConsecutiveSuccesses));
    }
}
