namespace NetControl.Engine.Budgets;

/// <summary>An amount of something that all devices share, and how much of it is in use.</summary>
/// <remarks>
/// Thread rule: any thread. A device that holds no more than its fair share (the whole divided by the devices) is never refused, so one
/// device's flood cannot starve another. The price is that the whole may be exceeded, by less than itself.
/// </remarks>
internal sealed class Budget(long limit)
{
    private long _used;
    private int _members;

    /// <summary>The amount there is.</summary>
    public long Limit { get; } = limit;

    /// <summary>What each member may have whatever the others do.</summary>
    public long FairShare => Limit / Math.Max(1, Volatile.Read(ref _members));

    /// <summary>Counts a member in or out.</summary>
    public void AddMembers(int count) => Interlocked.Add(ref _members, count);

    /// <summary>Takes an amount for a member that will then hold so much.</summary>
    public bool TryTake(long amount, long held)
    {
        if (Interlocked.Add(ref _used, amount) <= Limit || held <= FairShare)
        {
            return true;
        }

        Return(amount);
        return false;
    }

    /// <summary>Gives an amount back.</summary>
    public void Return(long amount) => Interlocked.Add(ref _used, -amount);
}
