using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NetControl.Cli.Output;

/// <summary>Writes JSON as YAML in block style.</summary>
internal static partial class YamlText
{
    // Words that a YAML reader of whatever version takes for something else than text.
    private static readonly HashSet<string> s_notText =
        new(["true", "false", "null", "yes", "no", "on", "off", "y", "n"], StringComparer.OrdinalIgnoreCase);

    public static string Of(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        StringBuilder text = new();
        Write(text, document.RootElement, 0, inList: false);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement element, int indent, bool inList)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when element.EnumerateObject().Any():
                bool first = true;
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    text.Append(' ', first && inList ? 0 : indent).Append(Text(property.Name)).Append(':');
                    first = false;
                    WriteBelow(text, property.Value, indent);
                }

                break;
            case JsonValueKind.Array when element.GetArrayLength() > 0:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    text.Append(' ', indent).Append("- ");
                    Write(text, item, indent + 2, inList: true);
                }

                break;
            default:
                text.Append(Scalar(element)).Append('\n');
                break;
        }
    }

    private static void WriteBelow(StringBuilder text, JsonElement value, int indent)
    {
        bool nested = (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any())
            || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0);
        text.Append(nested ? '\n' : ' ');
        Write(text, value, nested ? indent + 2 : 0, inList: false);
    }

    private static string Scalar(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => "[]",
        JsonValueKind.String => Text(element.GetString()!),
        _ => element.GetRawText(),
    };

    // A JSON string is a YAML string.
    private static string Text(string value) => Plain().IsMatch(value) && !s_notText.Contains(value) ? value
        : $"\"{JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_./-]*$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Plain();
}
