using System.Text;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The text of a salt prefix in an access key: percent-encoded UTF-8, in which each character is one byte of the prefix.</summary>
internal static class SaltPrefixText
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a prefix as characters up to U+00FF, or says what is wrong.</summary>
    public static string? Problem(string encoded, ShadowsocksCipher cipher, out string prefix)
    {
        prefix = "";
        try
        {
            prefix = s_strict.GetString(Unescape(encoded));
        }
        catch (DecoderFallbackException)
        {
            return "prefix is not UTF-8; write each byte as the character of that number, 0x80 as %C2%80";
        }

        return prefix.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? "prefix has a character beyond U+00FF; each stands for one byte"
            : prefix.Length > 0 && cipher.Is2022 ? $"prefix cannot be used with {cipher}, whose salts have to be random; leave it out"
            : prefix.Length > cipher.SaltLength
                ? $"prefix is too long: {prefix.Length} bytes, and the salt of {cipher} has {cipher.SaltLength}"
            : null;
    }

    /// <summary>The text that <see cref="Problem"/> reads.</summary>
    public static string Encode(string prefix) => Uri.EscapeDataString(prefix).Replace("%20", "+", StringComparison.Ordinal);

    private static byte[] Unescape(string encoded)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(encoded);
        int length = 0;
        for (int at = 0; at < bytes.Length; at++)
        {
            byte value = bytes[at] == '+' ? (byte)' ' : bytes[at];
            if (value == '%' && at + 2 < bytes.Length && char.IsAsciiHexDigit((char)bytes[at + 1]) && char.IsAsciiHexDigit((char)bytes[at + 2]))
            {
                value = Convert.FromHexString(Encoding.ASCII.GetString(bytes, at + 1, 2))[0];
                at += 2;
            }

            bytes[length++] = value;
        }

        return bytes[..length];
    }
}
