using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.State;

namespace NetControl.ControlPlane.Lists;

/// <summary>The list of one kind of resource.</summary>
internal abstract class ResourceList<TView>
{
    /// <summary>The collection.</summary>
    public abstract string Collection { get; }

    /// <summary>Reads a page.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="mutator">The state in force.</param>
    /// <param name="records">All resources of the kind.</param>
    public abstract Page<TView> Read(ListRequest request, Mutator mutator, Func<ControlState, IEnumerable<ResourceRecord>> records);
}
