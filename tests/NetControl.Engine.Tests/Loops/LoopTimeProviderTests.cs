using NetControl.Engine.Loops;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Loops;

public sealed class LoopTimeProviderTests
{
    [Fact]
    public async Task TimerMadeOnALoop_FiresThere_NotBeforeItsTime()
    {
        await using RunningLoop running = new();
        LoopTimeProvider time = new();
        (bool home, TimeSpan waited) = await running.Async(async () =>
        {
            long start = time.GetTimestamp();
            TaskCompletionSource<bool> fired = new();
            ITimer timer = time.CreateTimer(
                _ => fired.SetResult(running.Loop.InLoop), null, TimeSpan.FromMilliseconds(30), Timeout.InfiniteTimeSpan);
            bool home = await fired.Task;
            timer.Dispose();
            return (home, time.GetElapsedTime(start));
        });
        Assert.True(home);
        Assert.True(waited >= TimeSpan.FromMilliseconds(30), $"{waited}");
    }

    [Fact]
    public async Task Delay_OnTheLoopsClock_DoesNotLeaveTheLoop()
    {
        await using RunningLoop running = new();
        LoopTimeProvider time = new();
        Assert.True(await running.Async(async () =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), time);
            return running.Loop.InLoop;
        }));
    }

    [Fact]
    public async Task PeriodicTimer_FiresAgain_UntilItIsDisposedOf()
    {
        await using RunningLoop running = new();
        LoopTimeProvider time = new();
        int fired = 0;
        TaskCompletionSource thrice = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ITimer timer = await running.On(() => time.CreateTimer(
            _ =>
            {
                if (++fired == 3)
                {
                    thrice.SetResult();
                }
            },
            null,
            TimeSpan.Zero,
            TimeSpan.FromMilliseconds(2)));
        await thrice.Task.WaitAsync(PeerHost.Patience);
        timer.Dispose(); // from a foreign thread: posted
        int count = await running.On(() => fired);
        Assert.Equal(0, await running.On(() => running.Loop.Timers.Count));
        Assert.True(count >= 3);
    }

    [Fact]
    public async Task TimerMadeOffTheLoops_FiresOnThePool()
    {
        LoopTimeProvider time = new();
        TaskCompletionSource<EventLoop?> fired = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ITimer timer = time.CreateTimer(_ => fired.SetResult(EventLoop.Current), null, TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        Assert.Null(await fired.Task.WaitAsync(PeerHost.Patience));
        Assert.True(time.GetElapsedTime(time.GetTimestamp()) < TimeSpan.FromSeconds(10));
    }
}
