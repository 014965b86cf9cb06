using System.Buffers;
using System.Text;

namespace NetControl.Transport.Http;

/// <summary>A header field that is sent with a request: a name and a value, checked once and kept as bytes.</summary>
/// <remarks>The text form shows the name only: what a user puts into a field may be a secret.</remarks>
public sealed class HttpField
{
    // RFC 9110 section 5.6.2.
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Makes a field.</summary>
    /// <exception cref="ArgumentException">
    /// The name is no token, or the value holds something other than visible ASCII, spaces and tabs. The message does not repeat the value.
    /// </exception>
    public HttpField(string name, string value)
        : this(name, value, isSecret: false)
    {
    }

    internal HttpField(string name, string value, bool isSecret)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        if (name.AsSpan().ContainsAnyExcept(s_token))
        {
            throw new ArgumentException($"'{name}' is no name of a header field; use letters, digits and hyphens", nameof(name));
        }

        if (!IsValue(value))
        {
            throw new ArgumentException($"the value of the header field {name} may hold visible ASCII, spaces and tabs only", nameof(value));
        }

        Name = name;
        IsSecret = isSecret;
        NameBytes = Encoding.ASCII.GetBytes(name);
        LowerName = Encoding.ASCII.GetBytes(name.ToLowerInvariant());
        ValueBytes = Encoding.ASCII.GetBytes(value);
    }

    /// <summary>The name, as it was given.</summary>
    public string Name { get; }

    /// <summary>Whether compression must leave the value alone (RFC 7541 section 7.1.3).</summary>
    internal bool IsSecret { get; }

    internal byte[] NameBytes { get; }

    /// <summary>The name as HTTP/2 carries it (RFC 9113 section 8.2.1).</summary>
    internal byte[] LowerName { get; }

    internal byte[] ValueBytes { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: REDACTED";

    internal static bool IsValue(ReadOnlySpan<char> value) =>
        !value.ContainsAnyExceptInRange(' ', '~') || (!value.ContainsAnyExceptInRange('\t', '~') && HasOnlyTabs(value));

    private static bool HasOnlyTabs(ReadOnlySpan<char> value)
    {
        foreach (char c in value)
        {
            if (c is < ' ' and not '\t')
            {
                return false;
            }
        }

        return true;
    }
}
