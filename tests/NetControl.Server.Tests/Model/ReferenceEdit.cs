using System.Collections.Immutable;

namespace NetControl.Server.Tests.Model;

/// <summary>One change of a <see cref="Reference"/>: the rules of the API once more, as plainly as can be, to compare with.</summary>
internal sealed class ReferenceEdit
{
    private readonly Reference _base;
    private readonly Func<string, long, string> _uidOf;
    private ImmutableSortedDictionary<string, Item> _items;

    /// <param name="state">What it begins with.</param>
    /// <param name="uidOf">The uid of a resource that was made under a name at a revision: the server chooses it.</param>
    public ReferenceEdit(Reference state, Func<string, long, string> uidOf)
    {
        _base = state;
        _items = state.Items;
        _uidOf = uidOf;
    }

    private long Revision => _base.Revision + 1;

    public Reference Seal() => ReferenceEquals(_items, _base.Items) ? _base : new Reference { Revision = Revision, Items = _items };

    public Item Find(string name) => _items.GetValueOrDefault(name) ?? throw new Refusal("NOT_FOUND");

    public void CheckEtag(string name, string etag)
    {
        if (Find(name) is var item && etag.Length > 0 && item.Etag != etag)
        {
            throw new Refusal("ETAG_MISMATCH");
        }
    }

    public void CheckGeneration(long? expected)
    {
        if (expected is { } generation && generation != _base.Revision)
        {
            throw new Refusal("GENERATION_MISMATCH");
        }
    }

    public void Add(Item wish)
    {
        if (_items.ContainsKey(wish.Name))
        {
            throw new Refusal("ALREADY_EXISTS");
        }

        foreach (string target in wish.Targets.Append(wish.Policy).Where(name => name.Length > 0))
        {
            Find(target);
        }

        _items = _items.Add(wish.Name, wish.ToWish() with { Uid = _uidOf(wish.Name, Revision), Revision = Revision });
    }

    /// <summary>Changes a resource, also where that changes nothing: delegates follow their proxy.</summary>
    public void Change(string name, Func<Item, Item> change)
    {
        Item old = Find(name);
        Item now = change(old);
        foreach (string target in now.Targets.Except(old.Targets, StringComparer.Ordinal).Append(now.Policy == old.Policy ? "" : now.Policy))
        {
            _ = target.Length == 0 ? null : Find(target);
        }

        Touch(name, change);
        foreach (Item user in _items.Values.Where(item => item.Is("delegates") && item.Proxy == name).ToArray())
        {
            Touch(user.Name, d => d);
        }
    }

    /// <summary>Changes a resource where that makes a difference.</summary>
    public void Set(string name, Func<Item, Item> change)
    {
        if (Find(name) is var old && change(old) != old)
        {
            Change(name, change);
        }
    }

    public void Remove(string name, bool force)
    {
        Find(name);
        Item[] users = [.. (new Reference { Items = _items }).UsersOf(name)];
        if (users.Length > 0 && !force)
        {
            throw new Refusal("RESOURCE_IN_USE");
        }

        _items = _items.Remove(name);
        string Without(string target) => target == name ? "" : target;
        foreach (Item user in users.Where(user => user.Proxy == name || user.Streams == name || user.Packets == name))
        {
            Touch(user.Name, item => item with { Proxy = Without(item.Proxy), Streams = Without(item.Streams), Packets = Without(item.Packets) });
        }
    }

    /// <summary>Makes a document true.</summary>
    public void Apply(IReadOnlyCollection<Item> document, bool prune)
    {
        HashSet<string> declared = [.. document.Select(item => item.Name)];
        bool Known(string name) => declared.Contains(name) || (!prune && _items.ContainsKey(name));
        foreach (Item wish in document)
        {
            Item? now = _items.GetValueOrDefault(wish.Name);
            bool valid = wish.Targets.Append(wish.Policy).All(name => name.Length == 0 || Known(name) || IsLeft(now, name))
                && (!wish.Is("delegates") || wish.Proxy.Length > 0 || now is { Proxy: "" })
                && (!wish.Config.Contains("REDACTED", StringComparison.Ordinal) || now?.Config == wish.Config);
            if (!valid)
            {
                throw new Refusal("INVALID_ARGUMENT");
            }
        }

        foreach (Item wish in document.OrderBy(Rank))
        {
            if (!_items.TryGetValue(wish.Name, out Item? now))
            {
                Add(wish);
            }
            else if (now.ToWish() != wish.ToWish())
            {
                Change(wish.Name, old => wish with { Draining = old.Draining });
            }
        }

        if (prune)
        {
            foreach (Item gone in _base.Items.Values.Where(item => !declared.Contains(item.Name)).OrderByDescending(Rank))
            {
                Remove(gone.Name, force: true);
            }
        }
    }

    // What a removal by force left may be said again.
    private bool IsLeft(Item? now, string name) => now is not null && !_items.ContainsKey(name) && (now.Target == name || now.Policy == name);

    private static int Rank(Item item) => item.Is("proxies") ? 0 : item.Is("delegates") ? 1 : item.Is("policies") ? 2 : 3;

    private void Touch(string name, Func<Item, Item> change)
    {
        Item old = _items[name];
        _items = _items.SetItem(name, change(old) with
        {
            Uid = old.Uid,
            Generation = old.Revision == Revision ? old.Generation : old.Generation + 1,
            Revision = Revision,
        });
    }
}
