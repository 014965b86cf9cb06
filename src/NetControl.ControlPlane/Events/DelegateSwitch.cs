using NetControl.ControlPlane.Health;

namespace NetControl.ControlPlane.Events;

/// <summary>From now on a delegate's new sessions have another generation, and mostly another proxy.</summary>
/// <param name="Delegate">The delegate.</param>
/// <param name="From">The proxy before; empty where there was none.</param>
/// <param name="To">The proxy now; empty where it was removed by force. The same as before where only settings changed.</param>
/// <param name="Reason">Why the delegate left by itself; null where somebody changed it or its proxy.</param>
/// <param name="Why">The same as a sentence for people; empty where somebody changed it.</param>
/// <param name="Generation">The generation of sessions born from now on.</param>
/// <param name="Time">When.</param>
/// <param name="Devices">The devices that send sessions to it, by attachment or by policy.</param>
public sealed record DelegateSwitch(
    string Delegate, string From, string To, SwitchReason? Reason, string Why, long Generation, DateTimeOffset Time, IReadOnlyList<string> Devices);
