using NetControl.Transport.Shadowsocks;

namespace NetControl.Transport.Tests.Shadowsocks;

public sealed class SaltTests
{
    [Fact]
    public void Random_IsNotZero()
    {
        byte[] salt = new byte[16];
        RandomSalt.Instance.Fill(salt);
        Assert.Contains(salt, b => b != 0);
        RandomSalt.Instance.Fill([]);
    }

    [Fact]
    public void Prefixed_KeepsThePrefixAndVariesEveryOtherBit()
    {
        byte[] prefix = "HTTP/1.1 "u8.ToArray();
        PrefixedSalt source = new(prefix);
        byte[] ones = new byte[32];
        byte[] salt = new byte[32];
        for (int i = 0; i < 128; i++)
        {
            source.Fill(salt);
            Assert.Equal(prefix, salt[..prefix.Length]);
            for (int at = prefix.Length; at < salt.Length; at++)
            {
                ones[at] |= salt[at];
            }
        }

        Assert.All(ones[prefix.Length..], b => Assert.Equal(0xFF, b));
    }

    [Fact]
    public void Prefixed_ByNothing_IsRandom()
    {
        byte[] salt = new byte[32];
        new PrefixedSalt([]).Fill(salt);
        Assert.Contains(salt, b => b != 0);
    }

    [Fact]
    public void Prefixed_AsLongAsTheSalt_FillsIt_LongerIsRefused()
    {
        byte[] salt = new byte[4];
        new PrefixedSalt([1, 2, 3, 4]).Fill(salt);
        Assert.Equal([1, 2, 3, 4], salt);
        ArgumentException error = Assert.Throws<ArgumentException>(() => new PrefixedSalt([1, 2, 3, 4, 5]).Fill(salt));
        Assert.StartsWith("prefix is too long", error.Message, StringComparison.Ordinal);
    }
}
