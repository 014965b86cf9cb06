using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace NetControl.Server.Security.Tokens;

/// <summary>Makes tokens and their hashes.</summary>
/// <remarks>
/// A token holds 256 random bits, so one round of SHA-256 is as good as a slow hash: there is no dictionary to try, and a stranger who sends
/// wrong tokens does not get the server to work for it.
/// </remarks>
internal static class TokenSecret
{
    private const string Prefix = "nct_";
    private const int RandomBytes = 32;

    /// <summary>A new token, with a prefix that secret scanners can look for.</summary>
    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>The hash that the file holds.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
