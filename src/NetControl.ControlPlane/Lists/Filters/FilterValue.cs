using System.Text;

namespace NetControl.ControlPlane.Lists.Filters;

/// <summary>The right side of a comparison: a text, of which parts may be left open by <c>*</c>.</summary>
/// <param name="Pattern">What it stands for.</param>
/// <param name="Column">Where it begins in the filter, from 1.</param>
public sealed record FilterValue(WildcardPattern Pattern, int Column)
{
    private const int LongestShown = 64;

    /// <summary>The text, wildcards as <c>*</c>.</summary>
    public string Text => Pattern.ToString();

    /// <summary>Whether it is <c>*</c> alone.</summary>
    public bool IsAnything => Pattern.IsAnything;

    /// <summary>What of a text stands in an error.</summary>
    public static string Shorten(string text) => text.Length <= LongestShown ? text : $"{text.AsSpan(0, LongestShown)}...";

    /// <summary>The value in quotes, as it can be written in a filter.</summary>
    public override string ToString()
    {
        StringBuilder text = new("\"");
        for (int i = 0; i < Pattern.Parts.Count; i++)
        {
            text.Append(i > 0 ? "*" : "");
            foreach (char c in Pattern.Parts[i])
            {
                text.Append(c is '"' or '\\' or '*' ? "\\" : "").Append(c);
            }
        }

        return text.Append('"').ToString();
    }
}
