using System.Text;

namespace NetControl.Engine.Captures;

/// <summary>The words of a capture's comments.</summary>
internal static class CaptureText
{
    private static readonly string[] s_reasons = [.. Enum.GetNames<DropReason>().Select(Snake)];

    /// <summary>A drop reason as its metric label has it.</summary>
    public static string Of(DropReason reason) => s_reasons[(int)reason];

    private static string Snake(string name)
    {
        StringBuilder text = new(name.Length + 4);
        foreach (char c in name)
        {
            text.Append(char.IsAsciiLetterUpper(c) && text.Length > 0 ? "_" : "").Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
