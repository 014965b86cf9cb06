using System.Diagnostics;
using NetControl.ControlPlane;

namespace NetControl.Server.Machine;

/// <summary>Gives memory back to the system when many sessions have ended: the collector alone would keep what a quiet process never
/// touches again.</summary>
internal sealed class MemoryHousekeeper : IDisposable
{
    private readonly NetControlPlane _plane;
    private readonly HousekeepingPolicy _policy = new();
    private readonly Timer _timer;

    private MemoryHousekeeper(NetControlPlane plane)
    {
        _plane = plane;
        _timer = new Timer(static state => ((MemoryHousekeeper)state!).Look(), this, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));
    }

    public static MemoryHousekeeper Start(NetControlPlane plane) => new(plane);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long live = _plane.ReadCounters().Loops.Sum(loop => loop.Sessions);
        if (_policy.Observe(Stopwatch.GetElapsedTime(0), live))
        {
            // The pools first; they are emptied on their loops, and what is late goes with the next collection.
            _plane.TrimPools();

            // Loops stop for it, some milliseconds: it is quiet, that is the point.
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
