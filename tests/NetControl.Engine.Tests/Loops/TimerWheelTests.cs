using CsCheck;
using NetControl.Engine.Loops;
using NetControl.Stack;

namespace NetControl.Engine.Tests.Loops;

/// <summary>The wheel against a list that is searched.</summary>
public sealed class TimerWheelTests
{
    private const long Hour = 3_600_000_000;
    private static readonly Instant s_start = new(5_123_456_789);

    private enum Kind
    {
        Schedule,
        Cancel,
        Advance,
    }

    [Fact]
    public void AnyHistory_FiresWhatIsDue_AndNothingElse()
    {
        Gen<long> span = Gen.OneOf(Gen.Long[0, 3_000], Gen.Long[0, 200_000], Gen.Long[0, 10_000_000], Gen.Long[0, Hour], Gen.Long[0, 20 * Hour]);
        Gen.Select(Gen.Enum<Kind>(), Gen.Int[0, 11], span).List[1, 120].Sample(history => Play(history), iter: 3_000);
    }

    [Fact]
    public void LaterDeadline_OfAScheduledTimer_StaysInItsSlotAndFiresInTime()
    {
        TimerWheel wheel = new(s_start);
        Recorder timer = new();
        wheel.Schedule(timer, s_start + 10_000);
        long slot = timer.DueTick;
        wheel.Schedule(timer, s_start + 500_000);
        Assert.Equal(slot, timer.DueTick);
        wheel.Advance(s_start + 100_000);
        Assert.Equal(0, timer.Fired);
        wheel.Advance(s_start + 501_000);
        Assert.Equal(1, timer.Fired);
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void Never_OfAScheduledTimer_FiresNothing()
    {
        TimerWheel wheel = new(s_start);
        Recorder timer = new();
        wheel.Schedule(timer, s_start + 10_000);
        wheel.Schedule(timer, Instant.Never);
        wheel.Advance(s_start + Hour);
        Assert.Equal(0, timer.Fired);
        Assert.Equal(-1, wheel.WaitMillis(s_start + Hour));
    }

    [Fact]
    public void Callback_CancelsAndSchedulesOthersOfItsSlot_IsObeyed()
    {
        TimerWheel wheel = new(s_start);
        Recorder victim = new(), late = new(), again = new();
        Instant due = s_start + 5_000;
        int rounds = 0;
        Recorder actor = new(now =>
        {
            wheel.Cancel(victim);
            wheel.Schedule(late, now);
        });
        again.Action = now =>
        {
            if (++rounds < 3)
            {
                wheel.Schedule(again, now + 1_000);
            }
        };
        wheel.Schedule(victim, due);
        wheel.Schedule(again, due);
        wheel.Schedule(actor, due); // last in, first out: it runs before the others of its slot
        for (int i = 0; i < 20; i++)
        {
            wheel.Advance(s_start + (i * 1_000));
        }

        Assert.Equal((0, 1, 3, 1), (victim.Fired, late.Fired, again.Fired, actor.Fired));
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void SchedulingMovingCancellingAdvancing_AllocatesNothing()
    {
        TimerWheel wheel = new(s_start);
        Recorder[] timers = [.. Enumerable.Range(0, 1_000).Select(_ => new Recorder())];
        Instant now = Churn(wheel, timers, s_start);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Churn(wheel, timers, now);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Instant Churn(TimerWheel wheel, Recorder[] timers, Instant now)
    {
        for (int round = 0; round < 50; round++)
        {
            for (int i = 0; i < timers.Length; i++)
            {
                wheel.Schedule(timers[i], now + ((long)i * i * round));
                if (i % 3 == 0)
                {
                    wheel.Cancel(timers[i]);
                }
            }

            now += 777_777;
            wheel.Advance(now);
        }

        return now;
    }

    private static void Play(List<(Kind Kind, int Timer, long Span)> history)
    {
        TimerWheel wheel = new(s_start);
        Recorder[] timers = [.. Enumerable.Range(0, 12).Select(_ => new Recorder())];
        Instant[] deadlines = [.. timers.Select(_ => Instant.Never)];
        Instant now = s_start;
        foreach ((Kind kind, int i, long span) in history)
        {
            switch (kind)
            {
                case Kind.Schedule:
                    deadlines[i] = now + span;
                    wheel.Schedule(timers[i], deadlines[i]);
                    break;
                case Kind.Cancel:
                    deadlines[i] = Instant.Never;
                    wheel.Cancel(timers[i]);
                    break;
                default:
                    Instant before = now;
                    now += span;
                    wheel.Advance(now);
                    Judge(timers, deadlines, before, now);
                    break;
            }

            // Nobody may oversleep: the wait ends no later than the tick in which the first deadline lies.
            Instant first = deadlines.Min();
            int wait = wheel.WaitMillis(now);
            Assert.True(first == Instant.Never || (wait >= 0 && (wait == 60_000 || wait <= Math.Max(1, Tick(first) - now.Millis))));
        }
    }

    private static void Judge(Recorder[] timers, Instant[] deadlines, Instant before, Instant now)
    {
        for (int i = 0; i < timers.Length; i++)
        {
            // A deadline that was past already when it was set fires with the next tick.
            bool must = deadlines[i] != Instant.Never && Math.Max(Tick(deadlines[i]), before.Millis + 1) <= now.Millis;
            bool may = deadlines[i] <= now;
            int fired = timers[i].Take();
            Assert.InRange(fired, must ? 1 : 0, may ? 1 : 0);
            if (fired == 1)
            {
                deadlines[i] = Instant.Never;
            }
        }
    }

    private static long Tick(Instant at) => (at.Micros + 999) / 1000;

    private sealed class Recorder(Action<Instant>? action = null) : LoopTimer
    {
        public Action<Instant>? Action { get; set; } = action;

        public int Fired { get; private set; }

        public int Take()
        {
            int fired = Fired;
            Fired = 0;
            return fired;
        }

        internal override void OnDeadline(Instant now)
        {
            Fired++;
            Action?.Invoke(now);
        }
    }
}
