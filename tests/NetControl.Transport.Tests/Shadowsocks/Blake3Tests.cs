using System.Text;
using NetControl.Transport.Shadowsocks;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>The test vectors of BLAKE3's authors.</summary>
public sealed class Blake3Tests
{
    private const string Context = "BLAKE3 2019-12-27 16:29:52 test vectors context";

    [Theory]
    [InlineData(0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData(1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213")]
    [InlineData(1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444")]
    public void Hash_IsTheVector(int length, string hash) => Assert.Equal(hash, Convert.ToHexStringLower(Blake3.Hash(Input(length))));

    [Theory]
    [InlineData(0, "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d")]
    [InlineData(1, "b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c")]
    [InlineData(1024, "7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706")]
    public void DeriveKey_WhereverTheMaterialIsCut_IsTheVector(int length, string key)
    {
        byte[] input = Input(length);
        int cut = length / 3;
        Assert.Equal(key, Convert.ToHexStringLower(Blake3.DeriveKey(Context, input.AsSpan(0, cut), input.AsSpan(cut))));
        Assert.NotEqual(key, Convert.ToHexStringLower(Blake3.DeriveKey(Encoding.ASCII.GetString("other"u8), input, [])));
    }

    private static byte[] Input(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];
}
