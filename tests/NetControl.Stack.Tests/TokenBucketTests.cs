namespace NetControl.Stack.Tests;

public sealed class TokenBucketTests
{
    [Fact]
    public void Burst_ThenTheRate_ThenTheBurstAgain()
    {
        TokenBucket bucket = new(perSecond: 10, burst: 3);
        Instant now = new(5_000_000_000);
        Assert.Equal(3, Take(ref bucket, now, 10));
        Assert.Equal(0, Take(ref bucket, now + 99_999, 10));
        Assert.Equal(1, Take(ref bucket, now + 100_000, 10));
        Assert.Equal(3, Take(ref bucket, now + 60_000_000, 10));
    }

    [Fact]
    public void LongRun_NeverExceedsTheRate()
    {
        TokenBucket bucket = new(perSecond: 100, burst: 5);
        int taken = 0;
        for (long micros = 0; micros < 10_000_000; micros += 777)
        {
            taken += Take(ref bucket, new Instant(micros), 1);
        }

        Assert.InRange(taken, 995, 1005);
    }

    [Fact]
    public void NoRate_AllowsNothing()
    {
        TokenBucket bucket = new(perSecond: 0, burst: 5);
        Assert.Equal(0, Take(ref bucket, new Instant(1_000_000), 5));
    }

    private static int Take(ref TokenBucket bucket, Instant now, int times)
    {
        int taken = 0;
        for (int i = 0; i < times; i++)
        {
            taken += bucket.TryTake(now) ? 1 : 0;
        }

        return taken;
    }
}
