using NetControl.ControlPlane.State;

namespace NetControl.ControlPlane.Lists;

/// <summary>A resource on its way into a list: as it was wished, and, made only where somebody asks, as reads give it.</summary>
/// <remarks>Lifetime: one read under the gate.</remarks>
internal sealed class ListItem<TRecord, TView>(TRecord record, Func<TRecord, TView> view)
    where TRecord : ResourceRecord
    where TView : class
{
    private TView? _view;

    public TRecord Record => record;

    public TView View => _view ??= view(record);
}
