using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.State;

namespace NetControl.ControlPlane.Lists;

/// <summary>The list of one kind of resource, ordered by name: the fields that all kinds have, and those of this one.</summary>
internal sealed class ResourceSchema<TRecord, TView> : ResourceList<TView>
    where TRecord : ResourceRecord
    where TView : class
{
    public ResourceSchema(string collection, params ListField<ListItem<TRecord, TView>>[] own)
    {
        Collection = collection;
        Fields = new ListSchema<ListItem<TRecord, TView>>(
            collection,
            [(in ListItem<TRecord, TView> item) => item.Record.Name],
            [
                new NameField<ListItem<TRecord, TView>>("name", (in ListItem<TRecord, TView> item) => item.Record.Name),
                new TextField<ListItem<TRecord, TView>>("uid", (in ListItem<TRecord, TView> item) => item.Record.Uid),
                new NumberField<ListItem<TRecord, TView>>("generation", (in ListItem<TRecord, TView> item) => item.Record.Generation),
                new TimeField<ListItem<TRecord, TView>>("create_time", (in ListItem<TRecord, TView> item) => item.Record.Head.CreateTime.UtcTicks),
                new TimeField<ListItem<TRecord, TView>>("update_time", (in ListItem<TRecord, TView> item) => item.Record.UpdateTime.UtcTicks),
                new AgeField<ListItem<TRecord, TView>>("age", (in ListItem<TRecord, TView> item) => item.Record.Head.CreateTime.UtcTicks),
                .. own,
            ]);
    }

    public override string Collection { get; }

    public ListSchema<ListItem<TRecord, TView>> Fields { get; }

    public override Page<TView> Read(ListRequest request, Mutator mutator, Func<ControlState, IEnumerable<ResourceRecord>> records)
    {
        // Compiled before the gate: only what looks at resources is done under it.
        ListQuery<ListItem<TRecord, TView>> query = ListQuery<ListItem<TRecord, TView>>.Compile(request, Fields, Collection, mutator.Now);
        return mutator.Read(read =>
        {
            Page<ListItem<TRecord, TView>> page =
                query.Run(records(read.State).Select(record => new ListItem<TRecord, TView>((TRecord)record, item => (TView)read.View(item))));
            return new Page<TView>([.. page.Items.Select(item => item.View)], page.NextPageToken, page.TotalSize);
        });
    }
}
