using System.Diagnostics.CodeAnalysis;

namespace NetControl.Server.Security.Certificates;

/// <summary>A pattern for a name in a client's certificate, and its role.</summary>
/// <param name="Kind"><c>uri</c>, <c>dns</c>, <c>email</c> or <c>cn</c>.</param>
/// <param name="Pattern">The name; <c>*</c> stands for any characters but the kind's separator.</param>
/// <param name="Role">The role.</param>
internal sealed record CertificateRule(string Kind, string Pattern, Role Role)
{
    public static bool TryParse(string text, Role role, [NotNullWhen(true)] out CertificateRule? rule)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? "" : text[..colon];
        rule = kind is "uri" or "dns" or "email" or "cn" && colon + 1 < text.Length ? new CertificateRule(kind, text[(colon + 1)..], role)
            : null;
        return rule is not null;
    }

    public bool Fits(CertificateName name) => name.Kind == Kind
        && (Kind is "dns" or "email" ? Matches(Pattern.ToLowerInvariant(), name.Value.ToLowerInvariant()) : Matches(Pattern, name.Value));

    // The usual two-pointer glob: on a mismatch, let the last star take one more character; it may not take the separator.
    private bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> value)
    {
        char separator = Kind switch { "uri" => '/', "dns" => '.', "email" => '@', _ => '\0' };
        int p = 0;
        int v = 0;
        int star = -1;
        int taken = 0;
        while (v < value.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                taken = v;
            }
            else if (p < pattern.Length && pattern[p] == value[v])
            {
                p++;
                v++;
            }
            else if (star >= 0 && value[taken] != separator)
            {
                p = star + 1;
                v = ++taken;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }
}
