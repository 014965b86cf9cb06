using NetControl.Stack;

namespace NetControl.Engine.Loops;

/// <summary>Something a loop wakes up in time: the base of flows and timers, linked into the wheel without a node of its own.</summary>
/// <remarks>
/// Owner: one loop. Timers are lazy: moving a deadline into the future touches nothing, the timer fires early and is told "not yet".
/// </remarks>
internal abstract class LoopTimer
{
    internal LoopTimer? TimerNext;
    internal LoopTimer? TimerPrevious;

    /// <summary>The wheel's tick at which this fires; -1 when it is in no slot.</summary>
    internal long DueTick = -1;
    internal int Slot;

    /// <summary>When this really wants to be woken.</summary>
    internal Instant Deadline = Instant.Never;

    /// <summary>The deadline has come.</summary>
    internal abstract void OnDeadline(Instant now);
}
