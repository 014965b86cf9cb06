using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists;

/// <summary>A request for a page that was found valid.</summary>
/// <remarks>Pages are stable: each begins after the place of the last item before it, so what comes and goes between two pages neither hides
/// another item nor shows one twice.</remarks>
internal sealed class ListQuery<T>
{
    private readonly ListOrder<T> _order;
    private readonly ListPredicate<T>? _filter;
    private readonly int _size;
    private readonly PageToken _token;

    private ListQuery(ListOrder<T> order, ListPredicate<T>? filter, int size, PageToken token)
    {
        _order = order;
        _filter = filter;
        _size = size;
        _token = token;
    }

    /// <summary>Checks a request, and says everything that is wrong with it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="schema">The items' fields.</param>
    /// <param name="scope">Which list: tokens of others are refused. It has no zero character.</param>
    /// <param name="now">The clock.</param>
    /// <param name="filterField">Where the filter stands in the request, for violations.</param>
    public static ListQuery<T> Compile(
        ListRequest request, ListSchema<T> schema, string scope, DateTimeOffset now, string filterField = "filter")
    {
        ViolationList violations = new(request.Faults);
        int size = Size(request.PageSize, violations);
        string filter = request.Filter.Trim();
        string orderBy = request.OrderBy.Trim();
        ListOrder<T> order = ListOrder<T>.Parse(request.OrderBy, schema, violations);
        PageToken? token = request.PageToken.Length == 0
            ? new PageToken(scope, filter, orderBy, now.UtcTicks, [])
            : ReadToken(request.PageToken, scope, filter, orderBy, order.Length, violations);
        DateTimeOffset moment = token is null ? now : new DateTimeOffset(token.Moment, TimeSpan.Zero);
        ListPredicate<T>? predicate = schema.Compile(FilterParser.Parse(request.Filter, "filter", violations), moment, violations);
        violations.Renamed("filter", filterField).ThrowIfAny("");
        return new ListQuery<T>(order, predicate, size, token!);
    }

    /// <summary>Makes a collector, to show all items to, in any order.</summary>
    public PageCollector<T> Begin() => new(_filter, _order, _token.After, _size + 1);

    /// <summary>Makes the page of what collectors saw, each its part of the items.</summary>
    public Page<T> End(params ReadOnlySpan<PageCollector<T>> parts)
    {
        TopItems<T> all = new(_order, _size + 1);
        int total = 0;
        foreach (PageCollector<T> part in parts)
        {
            total += part.Chosen;
            foreach (T item in part.Kept)
            {
                all.Add(item);
            }
        }

        List<T> items = all.ToList();
        if (items.Count <= _size)
        {
            return new Page<T>(items, "", total);
        }

        items.RemoveAt(_size);
        return new Page<T>(items, (_token with { After = _order.KeysOf(items[^1]) }).ToString(), total);
    }

    /// <summary>Makes the page of all items.</summary>
    public Page<T> Run(IEnumerable<T> items)
    {
        PageCollector<T> collector = Begin();
        foreach (T item in items)
        {
            collector.Add(item);
        }

        return End(collector);
    }

    private static int Size(int requested, ViolationList violations)
    {
        if (requested < 0)
        {
            violations.Add("page_size", $"{requested}", "is negative", $"write 0 for the default of {PageLimits.DefaultSize}, or up to {PageLimits.LargestSize}",
                "OUT_OF_RANGE");
        }

        return requested == 0 ? PageLimits.DefaultSize : Math.Min(requested, PageLimits.LargestSize);
    }

    private static PageToken? ReadToken(string text, string scope, string filter, string orderBy, int keys, ViolationList violations)
    {
        if (PageToken.Parse(text) is not { } token || token.Scope != scope)
        {
            violations.AddText("page_token",
                "does not belong to this list; pass next_page_token of the page before, with the same other fields", "INVALID_PAGE_TOKEN");
            return null;
        }

        if (token.Filter != filter || token.OrderBy != orderBy)
        {
            violations.AddText("page_token",
                $"was given for {Describe(token.Filter, token.OrderBy)}, and this request has {Describe(filter, orderBy)}; "
                + "repeat those of the first page, or leave page_token out to begin anew", "PAGE_TOKEN_MISMATCH");
            return null;
        }

        if (token.After.Length != keys)
        {
            violations.AddText("page_token", "is not whole; pass next_page_token of the page before as it is", "INVALID_PAGE_TOKEN");
            return null;
        }

        return token;
    }

    private static string Describe(string filter, string orderBy) =>
        $"filter \"{FilterValue.Shorten(filter)}\" and order_by \"{FilterValue.Shorten(orderBy)}\"";
}
