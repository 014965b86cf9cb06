using System.Diagnostics;
using System.Numerics;
using NetControl.Stack;

namespace NetControl.Engine.Loops;

/// <summary>A hierarchical timer wheel: four levels of 64 slots, one millisecond in the lowest.</summary>
/// <remarks>
/// Owner: one loop. Scheduling, moving and cancelling are constant time and allocate nothing; a level's bitmap finds the next occupied slot.
/// A timer beyond the highest level (about 4.6 hours) waits in its last slot and is placed again from there.
/// </remarks>
internal sealed class TimerWheel
{
    private const int Levels = 4;
    private const int SlotBits = 6;
    private const int Slots = 1 << SlotBits;
    private readonly LoopTimer?[] _heads = new LoopTimer?[Levels * Slots];
    private readonly ulong[] _occupied = new ulong[Levels];
    private long _tick;

    /// <summary>Starts the wheel at a time.</summary>
    public TimerWheel(Instant now)
    {
        _tick = now.Millis;
    }

    /// <summary>How many timers are scheduled.</summary>
    public int Count { get; private set; }

    /// <summary>Sets when a timer is woken. Cheap if it is already due no later: it will fire early and be placed again.</summary>
    public void Schedule(LoopTimer timer, Instant deadline)
    {
        timer.Deadline = deadline;
        if (deadline == Instant.Never)
        {
            return; // lazy: if it is in a slot it fires once for nothing
        }

        long due = Math.Max(_tick + 1, (deadline.Micros + 999) / 1000);
        if (timer.DueTick >= 0)
        {
            if (timer.DueTick <= due)
            {
                return;
            }

            Remove(timer);
        }

        Insert(timer, due);
    }

    /// <summary>Takes a timer out for good.</summary>
    public void Cancel(LoopTimer timer)
    {
        timer.Deadline = Instant.Never;
        if (timer.DueTick >= 0)
        {
            Remove(timer);
        }
    }

    /// <summary>Fires everything that is due.</summary>
    public void Advance(Instant now)
    {
        long target = now.Millis;
        while (_tick < target)
        {
            if (Count == 0)
            {
                _tick = target;
                return;
            }

            _tick = Math.Min(target, NextStep());
            for (int level = 1; level < Levels && (_tick & ((1L << (SlotBits * level)) - 1)) == 0; level++)
            {
                Cascade(level, (int)(_tick >> (SlotBits * level)) & (Slots - 1), now);
            }

            Fire((int)_tick & (Slots - 1), now);
        }
    }

    /// <summary>Milliseconds until something may be due: 0 for now, -1 for never.</summary>
    public int WaitMillis(Instant now)
    {
        if (Count == 0)
        {
            return -1;
        }

        long next = NextStep();
        return (int)Math.Clamp(next - now.Millis, 0, 60_000);
    }

    /// <summary>The next tick at which a slot fires or cascades.</summary>
    private long NextStep()
    {
        long best = long.MaxValue;
        for (int level = 0; level < Levels; level++)
        {
            if (_occupied[level] == 0)
            {
                continue;
            }

            long position = _tick >> (SlotBits * level);
            int current = (int)position & (Slots - 1);

            // Slots after the current one in this round, else from the start of the next round.
            ulong ahead = BitOperations.RotateRight(_occupied[level], (current + 1) & (Slots - 1));
            int distance = BitOperations.TrailingZeroCount(ahead) + 1;
            best = Math.Min(best, (position + distance) << (SlotBits * level));
        }

        return best;
    }

    private void Cascade(int level, int slot, Instant now)
    {
        LoopTimer? timer = TakeSlot((level * Slots) + slot);
        while (timer is not null)
        {
            LoopTimer? next = timer.TimerNext;
            timer.TimerNext = timer.TimerPrevious = null;
            long due = timer.DueTick;
            timer.DueTick = -1;
            Count--;
            if (timer.Deadline != Instant.Never)
            {
                Insert(timer, Math.Max(due, _tick));
            }

            timer = next;
        }
    }

    private void Fire(int slot, Instant now)
    {
        // Taken one by one from the head: a callback may cancel or schedule any other timer, this slot's included.
        while (_heads[slot] is { } timer)
        {
            Remove(timer);
            if (timer.Deadline <= now)
            {
                timer.Deadline = Instant.Never;
                timer.OnDeadline(now);
            }
            else if (timer.Deadline != Instant.Never)
            {
                Insert(timer, Math.Max(_tick + 1, (timer.Deadline.Micros + 999) / 1000));
            }
        }
    }

    private void Insert(LoopTimer timer, long due)
    {
        Debug.Assert(timer.DueTick < 0, "in one slot at a time");
        timer.DueTick = due;
        long delta = due - _tick;
        int level = 0;
        while (level < Levels - 1 && delta >= 1L << (SlotBits * (level + 1)))
        {
            level++;
        }

        long limit = (1L << (SlotBits * Levels)) - (1L << (SlotBits * (Levels - 1)));
        long at = delta > limit ? _tick + limit : due;
        int slot = (level * Slots) + ((int)(at >> (SlotBits * level)) & (Slots - 1));
        timer.Slot = slot;
        timer.TimerNext = _heads[slot];
        if (timer.TimerNext is not null)
        {
            timer.TimerNext.TimerPrevious = timer;
        }

        _heads[slot] = timer;
        _occupied[level] |= 1UL << (slot & (Slots - 1));
        Count++;
    }

    private void Remove(LoopTimer timer)
    {
        if (timer.TimerPrevious is not null)
        {
            timer.TimerPrevious.TimerNext = timer.TimerNext;
        }
        else
        {
            _heads[timer.Slot] = timer.TimerNext;
            if (timer.TimerNext is null)
            {
                _occupied[timer.Slot / Slots] &= ~(1UL << (timer.Slot & (Slots - 1)));
            }
        }

        if (timer.TimerNext is not null)
        {
            timer.TimerNext.TimerPrevious = timer.TimerPrevious;
        }

        timer.TimerNext = timer.TimerPrevious = null;
        timer.DueTick = -1;
        Count--;
    }

    private LoopTimer? TakeSlot(int slot)
    {
        LoopTimer? head = _heads[slot];
        _heads[slot] = null;
        _occupied[slot / Slots] &= ~(1UL << (slot & (Slots - 1)));
        return head;
    }
}
