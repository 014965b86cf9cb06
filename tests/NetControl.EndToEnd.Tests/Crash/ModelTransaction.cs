using System.Collections.Immutable;

namespace NetControl.EndToEnd.Tests.Crash;

/// <summary>One change of a <see cref="ModelState"/>: however many steps it takes, every generation grows by one at most.</summary>
internal sealed class ModelTransaction
{
    private readonly ModelState _base;
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, ModelResource> _resources;

    public ModelTransaction(ModelState state)
    {
        _base = state;
        _resources = state.Resources;
    }

    public ModelState Seal() => ReferenceEquals(_resources, _base.Resources)
        ? _base
        : _base with { Revision = _base.Revision + 1, Resources = _resources };

    public ModelTransaction Add(ModelResource wish)
    {
        _touched.Add(wish.Name);
        _resources = _resources.Add(wish.Name, wish.ToWish());
        return this;
    }

    /// <summary>Changes a resource; delegates follow their proxy.</summary>
    public ModelTransaction Change(ModelResource wish)
    {
        Touch(wish.Name, old => wish with { Uid = old.Uid, Generation = old.Generation, Draining = old.Draining });
        if (wish.IsProxy)
        {
            foreach (ModelResource user in _resources.Values.Where(r => r.IsDelegate && r.Proxy == wish.Name).ToArray())
            {
                Touch(user.Name, d => d);
            }
        }

        return this;
    }

    public ModelTransaction Drain(string name, bool draining)
    {
        if (_resources[name].Draining != draining)
        {
            Touch(name, device => device with { Draining = draining });
        }

        return this;
    }

    /// <summary>Removes a resource by force: who used it uses nothing.</summary>
    public ModelTransaction Remove(string name)
    {
        _resources = _resources.Remove(name);
        foreach (ModelResource user in _resources.Values.ToArray())
        {
            if (user.Proxy == name)
            {
                Touch(user.Name, d => d with { Proxy = "" });
            }
            else if (user.Streams == name || user.Packets == name)
            {
                Touch(user.Name, d => d with { Streams = d.Streams == name ? "" : d.Streams, Packets = d.Packets == name ? "" : d.Packets });
            }
        }

        return this;
    }

    /// <summary>Makes a whole document true.</summary>
    public ModelTransaction Apply(IReadOnlyCollection<ModelResource> document)
    {
        foreach (ModelResource wish in document.OrderBy(r => r.IsProxy ? 0 : r.IsDelegate ? 1 : 2))
        {
            if (!_resources.TryGetValue(wish.Name, out ModelResource? known))
            {
                Add(wish);
            }
            else if (known.ToWish() != wish.ToWish())
            {
                Change(wish);
            }
        }

        HashSet<string> names = [.. document.Select(r => r.Name)];
        foreach (ModelResource gone in _base.Resources.Values.Where(r => !names.Contains(r.Name)).OrderBy(r => r.IsDevice ? 0 : r.IsDelegate ? 1 : 2))
        {
            Remove(gone.Name);
        }

        return this;
    }

    private void Touch(string name, Func<ModelResource, ModelResource> change)
    {
        ModelResource old = _resources[name];
        long generation = old.Generation + (_touched.Add(name) ? 1 : 0);
        _resources = _resources.SetItem(name, change(old) with { Generation = generation });
    }
}
