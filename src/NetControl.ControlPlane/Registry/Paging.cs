using System.Buffers.Text;
using System.Text;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Registry;

/// <summary>The rules of paging: sizes, and opaque tokens that hold the last key and what the list was asked with.</summary>
internal static class Paging
{
    public static int Size(int requested)
    {
        if (requested < 0)
        {
            ViolationList violations = new();
            violations.Add("page_size", $"{requested}", "is negative", "write 0 for the default of 100, or up to 1000", "OUT_OF_RANGE");
            violations.ThrowIfAny("");
        }

        return requested == 0 ? PageLimits.DefaultSize : Math.Min(requested, PageLimits.LargestSize);
    }

    public static string Token(string scope, string lastKey) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{scope}\n{lastKey}"));

    /// <summary>The key after which the page begins; empty for the first page.</summary>
    public static string After(string scope, string token)
    {
        if (token.Length == 0)
        {
            return "";
        }

        byte[] bytes = new byte[token.Length];
        string text = Base64Url.IsValid(token) && Base64Url.TryDecodeFromChars(token, bytes, out int count)
            ? Encoding.UTF8.GetString(bytes, 0, count) : "";
        int end = text.LastIndexOf('\n');
        if (end < 0 || text[..end] != scope)
        {
            ViolationList violations = new();
            violations.AddText("page_token",
                "does not belong to this list; pass next_page_token of the page before, with the same other fields", "INVALID_PAGE_TOKEN");
            violations.ThrowIfAny("");
        }

        return text[(end + 1)..];
    }

    /// <summary>A page of a list that is sorted by name.</summary>
    public static Page<TView> ByName<TRecord, TView>(
        string scope, IEnumerable<TRecord> sorted, int pageSize, string pageToken, Func<TRecord, TView> view)
        where TRecord : ResourceRecord
    {
        int size = Size(pageSize);
        string after = After(scope, pageToken);
        List<TRecord> items = [.. sorted.Where(record => string.CompareOrdinal(record.Name, after) > 0).Take(size + 1)];
        bool more = items.Count > size;
        return new Page<TView>([.. items.Take(size).Select(view)], more ? Token(scope, items[size - 1].Name) : "");
    }
}
