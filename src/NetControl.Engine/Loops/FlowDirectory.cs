using NetControl.Stack.Wire;

namespace NetControl.Engine.Loops;

/// <summary>Says which queue owns a flow when a device has several: the kernel steers by hash, and may send a flow's packet to another queue.</summary>
/// <remarks>
/// The one structure on the packet path that loops share, asked only when a packet finds no flow on its own queue. Sharded, so that two
/// loops rarely meet; a lock is held for one look-up.
/// </remarks>
internal sealed class FlowDirectory
{
    private const int Shards = 64;
    private readonly Dictionary<FlowKey, int>[] _shards = new Dictionary<FlowKey, int>[Shards];
    private readonly Lock[] _locks = new Lock[Shards];

    /// <summary>Makes an empty directory.</summary>
    public FlowDirectory()
    {
        for (int i = 0; i < Shards; i++)
        {
            _shards[i] = [];
            _locks[i] = new Lock();
        }
    }

    /// <summary>Claims a flow for a queue, unless another has it. Returns the owner.</summary>
    public int Claim(in FlowKey key, int queue)
    {
        int shard = Shard(key);
        lock (_locks[shard])
        {
            return _shards[shard].TryAdd(key, queue) ? queue : _shards[shard][key];
        }
    }

    /// <summary>The owner of a flow, or -1.</summary>
    public int Find(in FlowKey key)
    {
        int shard = Shard(key);
        lock (_locks[shard])
        {
            return _shards[shard].TryGetValue(key, out int queue) ? queue : -1;
        }
    }

    /// <summary>Gives a flow up.</summary>
    public void Release(in FlowKey key)
    {
        int shard = Shard(key);
        lock (_locks[shard])
        {
            _shards[shard].Remove(key);
        }
    }

    private static int Shard(in FlowKey key) => key.GetHashCode() & (Shards - 1);
}
