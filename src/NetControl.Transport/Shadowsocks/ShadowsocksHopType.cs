using System.Diagnostics.CodeAnalysis;
using System.Text;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The text of a Shadowsocks hop: an access key, as SIP002 writes it or in the older form that is base64 as a whole.</summary>
/// <remarks>
/// <c>ss://userinfo@host:port[?prefix=text][#tag]</c>, where userinfo is <c>method:password</c>, percent-encoded or in either base64, padded
/// or not; or <c>ss://base64(method:password@host:port[?prefix=text])[#tag]</c>.
/// </remarks>
public sealed class ShadowsocksHopType : HopType
{
    internal const string Scheme = "ss";

    private const string Redaction = "REDACTED stands where the method and password were; write them, or leave config out of update_mask";
    private const string UserInfoForm = "write method:password@, percent-encoded or in base64";

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "ss://method:password@host:port[?prefix=bytes][#tag]";

    /// <inheritdoc/>
    public override string FillIn(string redacted)
    {
        ArgumentNullException.ThrowIfNull(redacted);

        // Of the ciphers that take any password, the one that leaves most room for a prefix.
        return redacted.Replace($"{Hop.RedactedSecret}@", "aes-256-gcm:password@", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        int start = text.RestOffset + 2;
        int tag = text.Text.IndexOf('#', text.RestOffset);
        bool older = text.Rest.StartsWith("//", StringComparison.Ordinal)
            && text.Text.IndexOf('@', start, (tag < 0 ? text.Text.Length : tag) - start) < 0;
        if (older)
        {
            return TryParseOlder(text, start, tag < 0 ? text.Text.Length : tag, out hop, out error);
        }

        if (!HopServer.TryParse(text, $"a Shadowsocks server is written {Grammar}", ["prefix"], out HopServer? server, out error))
        {
            return false;
        }

        string prefix = server.Options["prefix"] is { } option ? Encoded(text.Text, option.Offset) : "";
        error = Problem(server.UserInfo ?? "", out string? userInfo) is { } problem
            ? text.Error(server.UserInfoOffset, problem)
            : Make(server.Address, userInfo!, prefix, out hop) is { } fault
                ? text.Error(fault.IsPrefix ? server.Options["prefix"]!.Value.Offset : server.UserInfoOffset, fault.Message)
            : null;
        return error is null;
    }

    /// <summary>The form that is base64 as a whole. Its errors point to where it begins: its own places are not the reader's.</summary>
    private static bool TryParseOlder(
        HopText text, int start, int end, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        hop = null;
        string? key = DecodeBase64(Uri.UnescapeDataString(text.Text[start..end].TrimEnd('/')));
        int at = key?.LastIndexOf('@') ?? -1;
        if (at < 0)
        {
            error = text.Error(start, $"neither has an @ nor is base64 of method:password@host:port; {UserInfoForm}host:port");
            return false;
        }

        string server = key![(at + 1)..];
        int question = server.IndexOf('?', StringComparison.Ordinal);
        string host = (question < 0 ? server : server[..question]).TrimEnd('/');
        string option = question < 0 ? "" : server[(question + 1)..];
        const string Prefix = "prefix=";
        string? problem = !HostPort.TryParse(host, out HostPort address) || address.Port == 0 || host.AsSpan().ContainsAny('|', '#') ? "holds no host:port behind its @"
            : option.Length > 0 && !option.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? "holds an option that is not prefix"
            : Make(address, key[..at], option.Length > 0 ? option[Prefix.Length..] : "", out hop)?.Message;
        error = problem is null ? null : text.Error(start, problem);
        return problem is null;
    }

    /// <summary>Finds <c>method:password</c> in user info, or says what is wrong.</summary>
    private static string? Problem(string userInfo, out string? plain)
    {
        plain = Uri.UnescapeDataString(userInfo);
        if (plain == Hop.RedactedSecret)
        {
            return Redaction;
        }

        if (!userInfo.Contains(':', StringComparison.Ordinal) && DecodeBase64(plain) is { } decoded)
        {
            plain = decoded;
        }

        return plain.Contains(':', StringComparison.Ordinal) ? null : $"the method and password cannot be read; {UserInfoForm}";
    }

    private static Fault? Make(HostPort server, string userInfo, string prefix, out Hop? hop)
    {
        hop = null;
        int colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return new Fault("holds no method:password");
        }

        string name = userInfo[..colon];
        if (!ShadowsocksCipher.TryFind(name, out ShadowsocksCipher? cipher))
        {
            // What does not look like a method may be a secret in the wrong place.
            bool shown = name.Length is > 0 and <= 40 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
            return new Fault($"unsupported cipher {(shown ? name : "?")}; supported: {string.Join(", ", ShadowsocksCipher.All)}");
        }

        string password = userInfo[(colon + 1)..];
        if (ShadowsocksKey.Problem(cipher, password) is { } problem)
        {
            return new Fault(problem);
        }

        if (SaltPrefixText.Problem(prefix, cipher, out string salt) is { } wrong)
        {
            return new Fault(wrong, IsPrefix: true);
        }

        hop = new ShadowsocksHop(server, cipher, password, salt);
        return null;
    }

    /// <summary>An option's value as it was written, before anything was decoded.</summary>
    private static string Encoded(string text, int offset)
    {
        int end = text.AsSpan(offset).IndexOfAny('&', '#');
        return end < 0 ? text[offset..] : text.Substring(offset, end);
    }

    /// <summary>Reads base64 in either alphabet, padded or not; null if it is none, or no UTF-8.</summary>
    private static string? DecodeBase64(string text)
    {
        string plain = text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        byte[] bytes = new byte[plain.Length];
        try
        {
            return Convert.TryFromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='), bytes, out int length)
                ? s_strict.GetString(bytes, 0, length)
                : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private sealed record Fault(string Message, bool IsPrefix = false);
}
