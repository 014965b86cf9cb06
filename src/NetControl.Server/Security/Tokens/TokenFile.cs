using System.Globalization;
using System.Text.RegularExpressions;
using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Security.Tokens;

/// <summary>Reads and writes the lines of a token file: <c>name role sha256:hash [expires=time]</c>.</summary>
internal static partial class TokenFile
{
    public const string HashPrefix = "sha256:";
    private const string ExpiresPrefix = "expires=";

    /// <summary>Reads a file's text; every fault is noted with its line.</summary>
    public static IReadOnlyList<TokenEntry> Parse(string text, string field, ViolationList violations)
    {
        List<TokenEntry> entries = [];
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            if (!TryParseLine(line, out TokenEntry? entry, out string problem))
            {
                // The line itself is not shown: somebody may have pasted the token.
                violations.AddText(field, $"line {i + 1} {problem}", "INVALID_TOKEN_LINE");
            }
            else if (entries.Exists(other => other.Name == entry.Name && other.Role != entry.Role))
            {
                violations.AddText(field, $"line {i + 1} gives \"{entry.Name}\" a second role; use one role for each name",
                    "INVALID_TOKEN_LINE");
            }
            else
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>The line of an entry.</summary>
    public static string Format(TokenEntry entry)
    {
        string expires = entry.Expires is { } time
            ? $" {ExpiresPrefix}{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}" : "";
        return $"{entry.Name} {entry.Role.ToString().ToLowerInvariant()} {HashPrefix}{entry.Hash}{expires}";
    }

    /// <summary>Whether a name may stand in the file.</summary>
    public static bool IsName(string name) => NamePattern().IsMatch(name);

    private static bool TryParseLine(string line, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TokenEntry? entry,
        out string problem)
    {
        entry = null;
        string[] parts = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is < 3 or > 4)
        {
            problem = "has not 3 or 4 words; write name role sha256:hash [expires=time], as netcontrold token prints it";
            return false;
        }

        if (!IsName(parts[0]))
        {
            problem = "does not begin with a name; write letters, digits, . _ @ : / or -";
            return false;
        }

        if (RoleNames.Parse(parts[1]) is not { } role)
        {
            problem = "has no known role; write viewer, operator or admin";
            return false;
        }

        if (!HashPattern().IsMatch(parts[2]))
        {
            problem = "has no hash; write sha256: and 64 hexadecimal digits, as netcontrold token prints it (never the token itself)";
            return false;
        }

        DateTimeOffset? expires = null;
        if (parts.Length == 4)
        {
            if (!parts[3].StartsWith(ExpiresPrefix, StringComparison.Ordinal) || !DateTimeOffset.TryParse(parts[3][ExpiresPrefix.Length..],
                CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time))
            {
                problem = "has no readable time at its end; write e.g. expires=2027-01-01T00:00:00Z";
                return false;
            }

            expires = time;
        }

        entry = new TokenEntry(parts[0], role, parts[2][HashPrefix.Length..].ToLowerInvariant(), expires);
        problem = "";
        return true;
    }

    [GeneratedRegex("^[A-Za-z0-9._@:/-]{1,128}$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamePattern();

    [GeneratedRegex("^sha256:[0-9a-fA-F]{64}$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HashPattern();
}
