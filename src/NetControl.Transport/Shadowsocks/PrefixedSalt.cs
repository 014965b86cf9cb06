using System.Security.Cryptography;

namespace NetControl.Transport.Shadowsocks;

/// <summary>Salts that begin with given bytes, so that a stream's first bytes look like another protocol's; the rest is random.</summary>
/// <remarks>Each byte of the prefix is a byte of randomness less. What is left has to be enough for no salt ever to come twice.</remarks>
public sealed class PrefixedSalt : ISaltSource
{
    private readonly byte[] _prefix;

    /// <summary>Makes a source.</summary>
    public PrefixedSalt(ReadOnlySpan<byte> prefix) => _prefix = prefix.ToArray();

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The prefix is longer than the salt.</exception>
    public void Fill(Span<byte> salt)
    {
        if (_prefix.Length > salt.Length)
        {
            throw new ArgumentException($"prefix is too long: {_prefix.Length} bytes in a salt of {salt.Length}", nameof(salt));
        }

        _prefix.CopyTo(salt);
        RandomNumberGenerator.Fill(salt[_prefix.Length..]);
    }
}
