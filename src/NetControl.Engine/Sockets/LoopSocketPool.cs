using NetControl.Engine.Loops;

namespace NetControl.Engine.Sockets;

/// <summary>Keeps the objects of closed sockets for the next dial of the same loop.</summary>
/// <remarks>Owner: one loop.</remarks>
internal sealed class LoopSocketPool
{
    private const int Keep = 1024;
    private readonly EventLoop _loop;
    private readonly Stack<LoopSocket> _free = new();

    /// <summary>Makes a pool for a loop.</summary>
    public LoopSocketPool(EventLoop loop)
    {
        _loop = loop;
    }

    /// <summary>An object without a descriptor.</summary>
    public LoopSocket Rent() => _free.TryPop(out LoopSocket? socket) ? socket : new LoopSocket(_loop, this);

    /// <summary>Takes an object back whose descriptor is closed.</summary>
    public void Return(LoopSocket socket)
    {
        if (_free.Count < Keep)
        {
            _free.Push(socket);
        }
    }
}
