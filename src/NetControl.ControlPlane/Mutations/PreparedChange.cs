using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Engines;
using NetControl.Network;

namespace NetControl.ControlPlane.Mutations;

/// <summary>What a transaction needs that is slow and may fail, made before it is committed; and how to take it back.</summary>
internal sealed class PreparedChange
{
    private readonly Stack<Func<Task>> _undo = new();

    public static readonly PreparedChange Nothing = new();

    /// <summary>New dialers by proxy.</summary>
    public Dictionary<string, ProxyRuntime> Proxies { get; } = new(StringComparer.Ordinal);

    /// <summary>Newly opened devices.</summary>
    public Dictionary<string, DeviceSlot> Devices { get; } = new(StringComparer.Ordinal);

    /// <summary>Devices to close once the transaction is in force.</summary>
    public List<IEngineDevice> Leaving { get; } = [];

    /// <summary>Destinations that the kill switch need not guard any more.</summary>
    public List<IpPrefix> Released { get; } = [];

    public void OnUndo(Func<Task> undo) => _undo.Push(undo);

    public async Task UndoAsync()
    {
        while (_undo.TryPop(out Func<Task>? undo))
        {
            await undo();
        }
    }
}
