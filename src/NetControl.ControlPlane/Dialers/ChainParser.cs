using System.Diagnostics.CodeAnalysis;
using System.Text;
using NetControl.Network;

namespace NetControl.ControlPlane.Dialers;

/// <summary>Reads a chain's text: <c>a|b|c</c>, innermost first, each part <c>scheme:rest</c>; empty is direct.</summary>
public static class ChainParser
{
    internal const string RedactedUser = "REDACTED";

    private static readonly string[] s_types = ["socks5"];

    /// <summary>The hop types that a chain may use.</summary>
    public static IReadOnlyList<string> Types => s_types;

    /// <summary>Reads a chain, or says where the text is wrong. The error holds nothing of a user name or password.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Chain? chain, [NotNullWhen(false)] out ChainError? error)
    {
        error = null;
        if (text.AsSpan().Trim().Length == 0)
        {
            chain = Chain.Direct;
            return true;
        }

        chain = null;
        List<Hop> hops = [];
        int start = 0;
        foreach (Range range in text.AsSpan().Split('|'))
        {
            (start, int length) = range.GetOffsetAndLength(text.Length);
            ReadOnlySpan<char> part = text.AsSpan(start, length);
            int leading = part.Length - part.TrimStart().Length;
            if (!TryParsePart(part.Trim().ToString(), hops.Count + 1, start + leading + 1, out Hop? hop, out error))
            {
                return false;
            }

            hops.Add(hop);
        }

        chain = new Chain(hops);
        return true;
    }

    private static bool TryParsePart(string part, int number, int column, [NotNullWhen(true)] out Hop? hop,
        [NotNullWhen(false)] out ChainError? error)
    {
        hop = null;
        if (part.Length == 0)
        {
            error = new ChainError(number, column, "is empty; remove the |, or write e.g. socks5://127.0.0.1:1080");
            return false;
        }

        int colon = part.IndexOf(':', StringComparison.Ordinal);
        string scheme = (colon < 0 ? part : part[..colon]).ToLowerInvariant();
        if (scheme == "socks5")
        {
            return TryParseSocks5(part, number, column, out hop, out error);
        }

        string shown = IsScheme(scheme) ? scheme : "?";
        error = new ChainError(number, column, $"config type '{shown}' is not registered; registered: {string.Join(", ", s_types)}");
        return false;
    }

    private static bool TryParseSocks5(string part, int number, int column, [NotNullWhen(true)] out Hop? hop,
        [NotNullWhen(false)] out ChainError? error)
    {
        const string Prefix = "socks5://";
        hop = null;
        if (!part.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            error = new ChainError(number, column, "a SOCKS5 server is written socks5://[user:password@]host:port");
            return false;
        }

        int at = part.LastIndexOf('@');
        int hostStart = at < 0 ? Prefix.Length : at + 1;
        string server = part[hostStart..].TrimEnd('/');
        if (!HostPort.TryParse(server, out HostPort endpoint) || endpoint.Port == 0)
        {
            error = new ChainError(number, column + hostStart,
                $"'{server}' is not host:port; write e.g. 192.0.2.1:1080 or [2001:db8::1]:1080");
            return false;
        }

        if (at < 0)
        {
            error = null;
            hop = new Socks5Hop(endpoint, null, null);
            return true;
        }

        string userInfo = part[Prefix.Length..at];
        int colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        string user = Uri.UnescapeDataString(colon < 0 ? userInfo : userInfo[..colon]);
        string password = colon < 0 ? "" : Uri.UnescapeDataString(userInfo[(colon + 1)..]);
        string? problem = user == RedactedUser && colon < 0
            ? "REDACTED stands where the credentials were; write them, or leave config out of update_mask"
            : !IsCredential(user) ? "the user name has to be 1 to 255 bytes long (RFC 1929)"
            : !IsCredential(password) ? "the password has to be 1 to 255 bytes long (RFC 1929); write user:password@"
            : null;
        if (problem is not null)
        {
            error = new ChainError(number, column + Prefix.Length, problem);
            return false;
        }

        error = null;
        hop = new Socks5Hop(endpoint, user, password);
        return true;
    }

    private static bool IsCredential(string text) => Encoding.UTF8.GetByteCount(text) is > 0 and <= 255;

    // RFC 3986, section 3.1. What does not look like a scheme may be a secret in the wrong place, and is not repeated.
    private static bool IsScheme(string text) =>
        text.Length is > 0 and <= 20 && char.IsAsciiLetter(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.');
}
