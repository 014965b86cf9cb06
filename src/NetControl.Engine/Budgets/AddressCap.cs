namespace NetControl.Engine.Budgets;

/// <summary>How many sessions each address of a device has, and how many it may have.</summary>
/// <remarks>
/// Thread rule: any thread; the device's queues share it. Asked at a session's birth and death only; sharded, so that two loops rarely meet.
/// It counts also while there is no limit, so that one that is set later knows who lives.
/// </remarks>
internal sealed class AddressCap<TAddress>
    where TAddress : struct, IEquatable<TAddress>
{
    private const int Shards = 16;
    private readonly Dictionary<TAddress, int>[] _shards = new Dictionary<TAddress, int>[Shards];
    private readonly Lock[] _locks = new Lock[Shards];
    private long _limit;

    public AddressCap(long limit)
    {
        _limit = limit;
        for (int i = 0; i < Shards; i++)
        {
            _shards[i] = [];
            _locks[i] = new Lock();
        }
    }

    /// <summary>The most sessions of one address; 0 is as many as it likes. A lower one ends nothing: it counts for newcomers.</summary>
    public long Limit { get => Volatile.Read(ref _limit); set => Volatile.Write(ref _limit, value); }

    /// <summary>Counts a session in, unless its address has as many as it may.</summary>
    public bool TryEnter(TAddress address)
    {
        long limit = Limit;
        int shard = address.GetHashCode() & (Shards - 1);
        lock (_locks[shard])
        {
            int count = _shards[shard].GetValueOrDefault(address);
            if (limit > 0 && count >= limit)
            {
                return false;
            }

            _shards[shard][address] = count + 1;
            return true;
        }
    }

    /// <summary>Counts a session out.</summary>
    public void Leave(TAddress address)
    {
        int shard = address.GetHashCode() & (Shards - 1);
        lock (_locks[shard])
        {
            int count = _shards[shard][address];
            if (count == 1)
            {
                _shards[shard].Remove(address);
            }
            else
            {
                _shards[shard][address] = count - 1;
            }
        }
    }
}
