using System.Collections.Concurrent;
using NetControl.Network;

namespace NetControl.Transport.Override;

/// <summary>A socket whose packets go elsewhere.</summary>
/// <remarks>
/// Where two destinations of a session are led to one place, an answer from there is taken for the one that was sent to last: nothing in it
/// tells more. Owns the socket beneath. Buffers: none.
/// </remarks>
internal sealed class OverridePacketConnection(IPacketConnection inner, OverrideTarget target) : IPacketConnection, IPacketHandler
{
    // A session that contacts more places than this forgets all of them; answers then show the place where the packets really went.
    private const int MostPlaces = 4096;
    private readonly ConcurrentDictionary<AddrPort, AddrPort> _meant = new();
    private IPacketHandler? _handler;

    public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        AddrPort place = target.Apply(new HostPort(destination)).Address;
        if (place != destination && (!_meant.TryGetValue(place, out AddrPort last) || last != destination))
        {
            if (_meant.Count >= MostPlaces)
            {
                _meant.Clear();
            }

            _meant[place] = destination;
        }

        return inner.Send(payload, place);
    }

    public void Receive(IPacketHandler handler)
    {
        _handler = handler;
        inner.Receive(this);
    }

    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source) => _handler!.OnPacket(payload, Meant(source));

    public void OnUnreachable(in AddrPort destination, UnreachableReason reason) => _handler!.OnUnreachable(Meant(destination), reason);

    public void OnClosed(Exception? error) => _handler!.OnClosed(error);

    public void Dispose() => inner.Dispose();

    private AddrPort Meant(in AddrPort place) => _meant.TryGetValue(place, out AddrPort destination) ? destination : place;
}
