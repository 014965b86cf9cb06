namespace NetControl.ControlPlane.Lists;

/// <summary>The first few of any number of items, in an order: a heap whose top is the last of those few.</summary>
/// <remarks>Takes memory for what it keeps, whatever is shown to it, and the logarithm of that for each item.</remarks>
internal sealed class TopItems<T>(ListOrder<T> order, int most)
{
    private T[] _heap = new T[Math.Min(most, 16)];
    private int _count;

    /// <summary>Shows it an item.</summary>
    public void Add(in T item)
    {
        if (_count < most)
        {
            if (_count == _heap.Length)
            {
                Array.Resize(ref _heap, Math.Min(most, 2 * _count));
            }

            int at = _count++;
            for (; at > 0 && order.Compare(item, _heap[(at - 1) / 2]) > 0; at = (at - 1) / 2)
            {
                _heap[at] = _heap[(at - 1) / 2];
            }

            _heap[at] = item;
        }
        else if (order.Compare(item, _heap[0]) < 0)
        {
            int at = 0;
            for (int child = LastChild(0); child > 0 && order.Compare(_heap[child], item) > 0; child = LastChild(at))
            {
                _heap[at] = _heap[child];
                at = child;
            }

            _heap[at] = item;
        }
    }

    /// <summary>Those that it kept, in order.</summary>
    public List<T> ToList()
    {
        List<T> list = [.. _heap.AsSpan(0, _count)];
        list.Sort((a, b) => order.Compare(a, b));
        return list;
    }

    // Of a node's children the one that comes later; 0 where it has none.
    private int LastChild(int node)
    {
        int left = (2 * node) + 1;
        return left >= _count ? 0 : left + 1 < _count && order.Compare(_heap[left + 1], _heap[left]) > 0 ? left + 1 : left;
    }
}
