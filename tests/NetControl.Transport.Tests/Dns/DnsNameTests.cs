using CsCheck;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Tests.Dns;

public sealed class DnsNameTests
{
    [Theory]
    [InlineData("", ".")]
    [InlineData(".", ".")]
    [InlineData("example.com", "example.com.")]
    [InlineData("Example.COM.", "Example.COM.")]
    [InlineData(@"a\.b.c\032d\\", @"a\.b.c\032d\\.")]
    public void Text_Valid_IsWrittenWithItsFinalDot(string text, string written) => Assert.Equal(written, Parse(text).ToString());

    [Theory]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("b\u00FCcher.example")]
    [InlineData(@"a\")]
    [InlineData(@"a\25")]
    [InlineData(@"a\256")]
    [InlineData("a23456789-123456789-123456789-123456789-123456789-123456789-1234.example")]
    public void Text_Invalid_IsRefused(string text) => Assert.False(DnsName.TryParse(text, out _));

    [Fact]
    public void Text_FourHundredCharacters_AreTooLong() => Assert.False(DnsName.TryParse(new string('a', 400), out _));

    [Theory]
    [InlineData(61, true)]
    [InlineData(62, false)]
    public void Text_LongestName_Fits(int lastLabel, bool fits)
    {
        string text = string.Join('.', new string('a', 63), new string('b', 63), new string('c', 63), new string('d', lastLabel));
        Assert.Equal(fits, DnsName.TryParse(text, out DnsName name));
        Assert.Equal(fits, DnsName.TryParse(text + ".", out _));
        Assert.Equal(fits ? DnsName.MaxWireLength : 1, name.Wire.Length);
    }

    [Theory]
    [InlineData("example.com", "EXAMPLE.com.", true)]
    [InlineData("example.com", "example.org", false)]
    [InlineData("example.com", "example.com.org", false)]
    [InlineData("[a]", "{a}", false)]
    public void Equality_IgnoresTheCaseOfAsciiLettersOnly(string left, string right, bool equal)
    {
        Assert.Equal(equal, Parse(left) == Parse(right));
        Assert.Equal(equal, Parse(left).GetHashCode() == Parse(right).GetHashCode());
    }

    [Theory]
    [InlineData("a.cluster.local", "cluster.local", true)]
    [InlineData("cluster.local", "CLUSTER.local", true)]
    [InlineData("acluster.local", "cluster.local", false)]
    [InlineData("local", "cluster.local", false)]
    [InlineData("a.b", ".", true)]
    [InlineData(".", ".", true)]
    public void IsWithin_GoesByLabels(string name, string zone, bool within) => Assert.Equal(within, Parse(name).IsWithin(Parse(zone)));

    [Fact]
    public void TryRead_FollowsCompression()
    {
        byte[] message = [0, 0, 7, .. "example"u8, 3, .. "com"u8, 0, 3, .. "www"u8, 0xC0, 2, 9];
        int offset = 15;
        Assert.True(DnsName.TryRead(message, ref offset, out DnsName name));
        Assert.Equal(Parse("www.example.com"), name);
        Assert.Equal(message.Length - 1, offset);
    }

    [Theory]
    [InlineData(new byte[] { 0xC0, 0 })]
    [InlineData(new byte[] { 0xC0, 5, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0xC0 })]
    [InlineData(new byte[] { 3, 97, 97 })]
    [InlineData(new byte[] { 1, 97 })]
    [InlineData(new byte[] { 0x40, 0 })]
    [InlineData(new byte[] { })]
    public void TryRead_Broken_IsRefused(byte[] message)
    {
        int offset = 0;
        Assert.False(DnsName.TryRead(message, ref offset, out _));
    }

    [Fact]
    public void TryRead_PointersInACircle_EndAtOnce()
    {
        byte[] message = [1, 97, 0xC0, 4, 0xC0, 0];
        int offset = 4;
        Assert.False(DnsName.TryRead(message, ref offset, out _));
    }

    [Fact]
    public void TryRead_NameThatGrowsBeyondTheLimitByPointers_IsRefused()
    {
        byte[] label = [63, .. Enumerable.Repeat((byte)'a', 63)];
        byte[] message = [.. label, .. label, .. label, 61, .. new byte[61], 0, 1, 98, 0xC0, 0];
        int offset = 0;
        Assert.True(DnsName.TryRead(message, ref offset, out _));
        Assert.False(DnsName.TryRead(message, ref offset, out _));
    }

    [Fact]
    public void Wire_AnyLabels_ComeBackFromTextAndMessage() =>
        Gen.Byte.Array[1, 63].Array[0, 3].Sample(labels =>
        {
            byte[] wire = [.. labels.SelectMany(label => (byte[])[(byte)label.Length, .. label]), 0];
            int offset = 0;
            Assert.True(DnsName.TryRead(wire, ref offset, out DnsName name));
            Assert.Equal(wire, name.Wire);
            Assert.True(DnsName.TryParse(name.ToString(), out DnsName again));
            Assert.Equal(wire, again.Wire);
        });

    internal static DnsName Parse(string text) => DnsName.TryParse(text, out DnsName name) ? name : throw new FormatException(text);
}
