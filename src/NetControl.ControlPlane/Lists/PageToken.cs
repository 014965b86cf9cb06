using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace NetControl.ControlPlane.Lists;

/// <summary>Where a page begins, and what the list was asked for: opaque to callers, but neither secret nor trusted.</summary>
/// <param name="Scope">Which list.</param>
/// <param name="Filter">The filter of the first page.</param>
/// <param name="OrderBy">Its order.</param>
/// <param name="Moment">When it was read, in UTC ticks: what ages are counted to on every page.</param>
/// <param name="After">The place of the page's last item.</param>
internal sealed record PageToken(string Scope, string Filter, string OrderBy, long Moment, SortKey[] After)
{
    private const char Separator = '\0';
    private const int FixedParts = 4;

    /// <summary>Reads a token; null where the text is none.</summary>
    public static PageToken? Parse(string text)
    {
        byte[] bytes = new byte[text.Length];
        if (!Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out int count))
        {
            return null;
        }

        string[] parts = Encoding.UTF8.GetString(bytes, 0, count).Split(Separator);
        if (parts.Length < FixedParts || parts.Length % 2 != 0 || !TryParse(parts[3], out long moment) || moment < 0 || moment > DateTime.MaxValue.Ticks)
        {
            return null;
        }

        SortKey[] after = new SortKey[(parts.Length - FixedParts) / 2];
        for (int i = 0; i < after.Length; i++)
        {
            if (!TryParse(parts[FixedParts + (2 * i) + 1], out long number))
            {
                return null;
            }

            after[i] = new SortKey(parts[FixedParts + (2 * i)], number);
        }

        return new PageToken(parts[0], parts[1], parts[2], moment, after);
    }

    /// <summary>The token's text.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Scope}{Separator}{Filter}{Separator}{OrderBy}{Separator}{Moment}");
        foreach (SortKey key in After)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Separator}{key.Text}{Separator}{key.Number}");
        }

        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
