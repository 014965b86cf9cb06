namespace NetControl.Engine.Devices;

/// <summary>What went through one queue: plain numbers that one loop writes and anybody may read.</summary>
internal sealed class QueueCounters
{
    public readonly long[] Drops = new long[Enum.GetValues<DropReason>().Length];
    public long PacketsIn;
    public long BytesIn;
    public long PacketsOut;
    public long BytesOut;
    public long Retransmits;
    public long ResetsSent;
    public long ResetsPassedOn;
    public long ResetsReceived;
    public long HalfOpen;
}
