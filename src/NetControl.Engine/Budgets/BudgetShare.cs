using NetControl.Stack.Ip;

namespace NetControl.Engine.Budgets;

/// <summary>What one device may have of a <see cref="Budget"/>: its own limit, within the whole.</summary>
/// <remarks>Thread rule: any thread; the queues of a device share it.</remarks>
internal sealed class BudgetShare(Budget whole, long limit) : IReassemblyBudget
{
    private long _limit = limit;
    private long _used;

    /// <summary>The device's limit. A lower one ends nothing: it counts for what is taken from then on.</summary>
    public long Limit { get => Volatile.Read(ref _limit); set => Volatile.Write(ref _limit, value); }

    /// <summary>What the device has now.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <inheritdoc/>
    public bool TryTake(long amount)
    {
        long held = Interlocked.Add(ref _used, amount);
        if (held <= Limit && whole.TryTake(amount, held))
        {
            return true;
        }

        Interlocked.Add(ref _used, -amount);
        return false;
    }

    /// <inheritdoc/>
    public void Return(long amount)
    {
        Interlocked.Add(ref _used, -amount);
        whole.Return(amount);
    }
}
