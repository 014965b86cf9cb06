using NetControl.Engine.Loops;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Loops;

public sealed class EventLoopTests
{
    [Fact]
    public async Task AMillionPostsFromFourThreads_AllRun_EachThreadsInOrder()
    {
        const int Threads = 4;
        const int Each = 250_000;
        await using RunningLoop running = new();
        int[] next = new int[Threads];
        int wrong = 0;
        long done = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Action<object?> run = state =>
        {
            (int thread, int number) = ((int, int))state!;
            wrong += next[thread]++ == number && running.Loop.InLoop ? 0 : 1;
            if (++done == Threads * Each)
            {
                all.SetResult();
            }
        };
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                running.Loop.Post(run, (t, i));
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        await all.Task.WaitAsync(PeerHost.Patience);
        Assert.Equal(0, wrong);
    }

    [Fact]
    public async Task PostToASleepingLoop_AlwaysWakesIt()
    {
        // One at a time, each after the loop has gone to sleep or is just about to: where a wake-up would be lost.
        await using RunningLoop running = new();
        for (int i = 0; i < 5_000; i++)
        {
            int n = i;
            Assert.Equal(n, await running.On(() => n));
        }
    }

    [Fact]
    public async Task WorkForALoopThatHasEnded_IsDoneAtOnce_AsIfOnTheLoop()
    {
        EventLoop loop = new(0, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        loop.Start();
        await loop.StopAsync().WaitAsync(PeerHost.Patience);
        loop.Dispose();
        Assert.True(await loop.InvokeAsync(() => loop.InLoop).WaitAsync(PeerHost.Patience));
        List<int> order = [];
        loop.Post(
            _ =>
            {
                loop.Post(_ => order.Add(2), null);
                order.Add(1);
            },
            null);
        Assert.Equal([1, 2], order);
        await ResumeAsync(loop).WaitAsync(PeerHost.Patience);
        Assert.Null(EventLoop.Current);
        await loop.StopAsync().WaitAsync(PeerHost.Patience);

        static async Task ResumeAsync(EventLoop loop)
        {
            await loop.Resume();
            Assert.True(loop.InLoop);
        }
    }

    [Fact]
    public async Task PostsThatRaceWithTheEnd_AllRun()
    {
        for (int round = 0; round < 50; round++)
        {
            EventLoop loop = new(0, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            loop.Start();
            Task<int>[] posted = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                int sum = 0;
                for (int i = 0; i < 100; i++)
                {
                    sum += await loop.InvokeAsync(() => 1);
                }

                return sum;
            }))];
            await loop.StopAsync().WaitAsync(PeerHost.Patience);
            Assert.All(await Task.WhenAll(posted).WaitAsync(PeerHost.Patience), sum => Assert.Equal(100, sum));
            loop.Dispose();
        }
    }

    [Fact]
    public async Task InvokeAsync_FunctionThrows_TheCallerGetsIt_AndTheLoopGoesOn()
    {
        await using RunningLoop running = new();
        await Assert.ThrowsAsync<InvalidDataException>(() => running.On<int>(() => throw new InvalidDataException()));
        Assert.True(await running.On(() => running.Loop.InLoop && EventLoop.Current == running.Loop));
        Assert.Null(EventLoop.Current);
    }

    [Fact]
    public async Task Resume_FromAnotherThread_ContinuesOnTheLoop_AndAtOnceWhenThereAlready()
    {
        await using RunningLoop running = new();
        bool home = await Task.Run(async () =>
        {
            await running.Loop.Resume();
            bool arrived = running.Loop.InLoop;
            LoopAwaitable again = running.Loop.Resume();
            return arrived && again.IsCompleted;
        }).WaitAsync(PeerHost.Patience);
        Assert.True(home);
    }

    [Fact]
    public async Task PostedFromThePosted_RunsInALaterPlace_AndTheLoopStopsWhenAsked()
    {
        EventLoop loop = new(3, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        loop.Start();
        List<int> order = [];
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(
            _ =>
            {
                loop.Post(
                    _ =>
                    {
                        order.Add(2);
                        done.SetResult();
                    },
                    null);
                order.Add(1);
            },
            null);
        await done.Task.WaitAsync(PeerHost.Patience);
        Assert.Equal([1, 2], order);
        await loop.StopAsync().WaitAsync(PeerHost.Patience);
        loop.Dispose();
    }
}
