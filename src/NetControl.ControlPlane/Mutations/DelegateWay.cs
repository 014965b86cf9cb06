using NetControl.ControlPlane.Health;
using NetControl.Engine;

namespace NetControl.ControlPlane.Mutations;

/// <summary>The living side of a delegate: the one egress that all its devices share, and what is thought of its proxies.</summary>
/// <remarks>Guarded by the gate of <see cref="Runtimes"/>.</remarks>
internal sealed class DelegateWay
{
    public DelegateWay(EgressModel model, DelegateJudge judge)
    {
        Egress = new Egress(model);
        Judge = judge;
    }

    public Egress Egress { get; }

    public DelegateJudge Judge { get; }

    /// <summary>How many drains of older sessions wait for their deadline.</summary>
    public int Draining { get; set; }
}
