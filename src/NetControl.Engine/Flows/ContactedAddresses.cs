using NetControl.Network;

namespace NetControl.Engine.Flows;

/// <summary>The addresses that a UDP session has sent to, for address-dependent filtering (RFC 4787 REQ-8).</summary>
/// <remarks>Owner: the loop. Bounded: a port scan makes the oldest address forgotten, not the memory grow.</remarks>
internal sealed class ContactedAddresses
{
    private const int Capacity = 1024;
    private readonly HashSet<IpAddr> _known = [];
    private readonly Queue<IpAddr> _oldestFirst = new();
    private IpAddr _last;

    /// <summary>Remembers an address.</summary>
    public void Add(IpAddr address)
    {
        if (address == _last || !_known.Add(address))
        {
            _last = address;
            return;
        }

        _last = address;
        _oldestFirst.Enqueue(address);
        if (_oldestFirst.Count > Capacity)
        {
            _known.Remove(_oldestFirst.Dequeue());
        }
    }

    /// <summary>Whether the address was sent to.</summary>
    public bool Contains(IpAddr address) => address == _last || _known.Contains(address);
}
