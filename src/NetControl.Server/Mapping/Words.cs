using System.Text;

namespace NetControl.Server.Mapping;

/// <summary>Turns C# names into the spellings that other worlds use.</summary>
internal static class Words
{
    /// <summary><c>EtagMismatch</c> to <c>ETAG_MISMATCH</c>.</summary>
    public static string UpperSnake(string name) => Snake(name).ToUpperInvariant();

    /// <summary><c>EtagMismatch</c> to <c>etag_mismatch</c>.</summary>
    public static string Snake(string name)
    {
        StringBuilder text = new(name.Length + 4);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    /// <summary>The names of an enum's values in snake case, indexed by value; the metric labels.</summary>
    public static string[] Labels<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(Snake)];
}
