using NetControl.Engine;

namespace NetControl.ControlPlane.Mutations;

/// <summary>The living side of a delegate: the one egress that all its devices share.</summary>
/// <remarks>Guarded by the gate of <see cref="Runtimes"/>.</remarks>
internal sealed class DelegateWay
{
    public DelegateWay(EgressModel model)
    {
        Egress = new Egress(model);
    }

    public Egress Egress { get; }

    /// <summary>How many drains of older sessions wait for their deadline.</summary>
    public int Draining { get; set; }
}
