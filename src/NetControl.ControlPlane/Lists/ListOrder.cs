using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists;

/// <summary>The order of a list: fields, the first of which counts most. The last one is different for every item.</summary>
internal sealed class ListOrder<T>
{
    private readonly (ListGetter<T, SortKey> Key, bool Descending)[] _by;

    private ListOrder(IEnumerable<(ListGetter<T, SortKey> Key, bool Descending)> by)
    {
        _by = [.. by];
    }

    /// <summary>How many keys an item's place has.</summary>
    public int Length => _by.Length;

    /// <summary>Reads <c>state, create_time desc</c>; what it leaves open is decided by the list's own order.</summary>
    public static ListOrder<T> Parse(string text, ListSchema<T> schema, ViolationList violations)
    {
        List<(ListField<T> Field, bool Descending)> by = [];
        foreach (string part in text.Trim().Length == 0 ? [] : text.Split(','))
        {
            string[] words = part.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            int column = text.IndexOf(words.FirstOrDefault() ?? ",", StringComparison.Ordinal) + 1;
            if (words is not ([_] or [_, "asc" or "desc"]))
            {
                violations.Add("order_by", FilterValue.Shorten(part.Trim()), $"at column {column} is not a field, or one with desc",
                    "write e.g. create_time desc, name", "INVALID_ORDER");
            }
            else if (schema.Find(words[0]) is not { Key: not null } field)
            {
                violations.Add("order_by", FilterValue.Shorten(words[0]), $"at column {column} is nothing that {schema.What} can be ordered by",
                    Spelling.Fix(words[0], schema.Sortable), "UNKNOWN_FIELD");
            }
            else if (by.Exists(known => known.Field == field))
            {
                violations.Add("order_by", words[0], "stands there twice", "leave one of them out", "INVALID_ORDER");
            }
            else
            {
                by.Add((field, words is [_, "desc"]));
            }
        }

        return new ListOrder<T>([.. by.Select(b => (b.Field.Key!, b.Descending)), .. schema.OwnOrder.Select(key => (key, false))]);
    }

    /// <summary>The place of an item, as a page token keeps it.</summary>
    public SortKey[] KeysOf(in T item)
    {
        SortKey[] keys = new SortKey[_by.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = _by[i].Key(item);
        }

        return keys;
    }

    /// <summary>Which of two items comes first.</summary>
    public int Compare(in T a, in T b)
    {
        foreach ((ListGetter<T, SortKey> key, bool descending) in _by)
        {
            int order = key(a).Compare(key(b));
            if (order != 0)
            {
                return descending ? -order : order;
            }
        }

        return 0;
    }

    /// <summary>Whether an item comes after a place.</summary>
    public bool IsAfter(in T item, SortKey[] place)
    {
        for (int i = 0; i < _by.Length; i++)
        {
            int order = _by[i].Key(item).Compare(place[i]);
            if (order != 0)
            {
                return order > 0 != _by[i].Descending;
            }
        }

        return false;
    }
}
