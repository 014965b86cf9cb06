namespace NetControl.ControlPlane.Events;

/// <summary>The event hub's counters at one moment.</summary>
/// <param name="Published">Events that were numbered.</param>
/// <param name="LostByEngine">Events that the engine's rings lost.</param>
/// <param name="LostBySlowReaders">Events that subscribers lost, summed over them.</param>
/// <param name="Subscribers">Subscribers now.</param>
public sealed record HubCounters(long Published, long LostByEngine, long LostBySlowReaders, int Subscribers);
