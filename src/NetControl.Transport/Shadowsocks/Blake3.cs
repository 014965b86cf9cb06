using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Parameters;

namespace NetControl.Transport.Shadowsocks;

/// <summary>BLAKE3, which the 2022 edition hashes and derives its keys with.</summary>
internal static class Blake3
{
    /// <summary>The length of what is made.</summary>
    public const int Length = 32;

    /// <summary>A hash of 32 bytes; a shorter one is its beginning.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> input) => Finish(new Blake3Digest(8 * Length), input, []);

    /// <summary>A key of 32 bytes for a context, from key material in two parts; a shorter one is its beginning.</summary>
    public static byte[] DeriveKey(string context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        Blake3Digest digest = new(8 * Length);
        digest.Init(Blake3Parameters.Context(Encoding.ASCII.GetBytes(context)));
        return Finish(digest, key, salt);
    }

    private static byte[] Finish(Blake3Digest digest, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        byte[] result = new byte[Length];
        digest.BlockUpdate(first);
        digest.BlockUpdate(second);
        digest.DoFinal(result);
        return result;
    }
}
