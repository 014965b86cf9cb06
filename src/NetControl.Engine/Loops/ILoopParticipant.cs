namespace NetControl.Engine.Loops;

/// <summary>Takes part in the phases of a loop's turn after readiness and timers have been served.</summary>
internal interface ILoopParticipant
{
    /// <summary>Visits each dirty flow once. Returns whether some are still dirty, so that the next turn must not wait.</summary>
    bool Egress();

    /// <summary>Hands everything that was batched to the kernel.</summary>
    void Flush();
}
