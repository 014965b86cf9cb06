namespace NetControl.Engine.Loops;

/// <summary>Maps epoll's user values to handlers. A ticket carries a generation, so an event for a descriptor that was closed, and whose place was given away, finds nobody.</summary>
/// <remarks>Owner: one loop.</remarks>
internal sealed class LoopHandlerTable
{
    private (ILoopHandler? Handler, int Generation)[] _entries = new (ILoopHandler?, int)[64];
    private readonly Stack<int> _free = new();
    private int _used;

    /// <summary>Adds a handler and returns its ticket: generation in the high half, place in the low.</summary>
    public long Add(ILoopHandler handler)
    {
        if (!_free.TryPop(out int index))
        {
            if (_used == _entries.Length)
            {
                Array.Resize(ref _entries, _entries.Length * 2);
            }

            index = _used++;
        }

        ref (ILoopHandler? Handler, int Generation) entry = ref _entries[index];
        entry.Handler = handler;
        entry.Generation = (entry.Generation + 1) & int.MaxValue;
        return ((long)entry.Generation << 32) | (uint)index;
    }

    /// <summary>Forgets a handler. Removing twice does nothing.</summary>
    public void Remove(long ticket)
    {
        if (Find(ticket) is not null)
        {
            _entries[(int)ticket].Handler = null;
            _free.Push((int)ticket);
        }
    }

    /// <summary>The handler of a ticket, or null if it was removed.</summary>
    public ILoopHandler? Find(long ticket)
    {
        ref (ILoopHandler? Handler, int Generation) entry = ref _entries[(int)ticket];
        return entry.Generation == (int)(ticket >> 32) ? entry.Handler : null;
    }
}
