using System.Security.Cryptography;

namespace NetControl.Transport.Shadowsocks;

/// <summary>Salts that are random throughout.</summary>
public sealed class RandomSalt : ISaltSource
{
    private RandomSalt()
    {
    }

    /// <summary>The one instance.</summary>
    public static RandomSalt Instance { get; } = new();

    /// <inheritdoc/>
    public void Fill(Span<byte> salt) => RandomNumberGenerator.Fill(salt);
}
