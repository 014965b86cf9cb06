using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>Flow keys: equality of five parts, and hash codes that spread.</summary>
public sealed class FlowKeyTests
{
    private static readonly AddrPort A = AddrPort.Parse("10.77.0.1:4000");
    private static readonly AddrPort B = AddrPort.Parse("[fd99::1]:443");

    [Fact]
    public void Key_KeepsItsParts()
    {
        FlowKey key = new(6, A, B);
        Assert.Equal((6, A, B), (key.Protocol, key.Source, key.Destination));
        Assert.Equal(new FlowKey(6, B, A), key.Reversed);
        Assert.Equal("10.77.0.1:4000 > [fd99::1]:443/6", key.ToString());
    }

    [Fact]
    public void Keys_ThatDifferInOnePart_AreDifferent()
    {
        FlowKey key = new(6, A, B);
        Assert.Equal(key, new FlowKey(6, A, B));
        Assert.Equal(key.GetHashCode(), new FlowKey(6, A, B).GetHashCode());
        FlowKey[] others =
        [
            new(17, A, B), new(6, new AddrPort(A.Address, 4001), B), new(6, A, new AddrPort(B.Address, 444)),
            new(6, new AddrPort(IpAddr.Parse("10.77.0.2"), 4000), B), new(6, A, new AddrPort(IpAddr.Parse("fd99::2"), 443)), key.Reversed,
        ];
        Assert.All(others, other => Assert.True(other != key));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HashCodes_OfNeighbouringFlows_FillBucketsEvenly(bool v6)
    {
        const int buckets = 1024;
        int[] counts = new int[buckets];
        for (int i = 0; i < buckets * 16; i++)
        {
            IpAddr from = IpAddr.Parse(v6 ? "fd77::1" : "10.77.0.1");
            IpAddr to = v6 ? IpAddr.Parse($"fd99::{i >> 8:x}") : IpAddr.FromV4(0xC612_0000 + (uint)(i >> 8));
            counts[(uint)new FlowKey(6, from, (ushort)(32768 + (i & 0xFF)), to, 443).GetHashCode() % buckets]++;
        }

        // 16 expected; a Poisson count above 48 has a chance of about 1e-10 per bucket.
        Assert.True(counts.Max() < 48, $"the fullest bucket holds {counts.Max()}");
        Assert.True(counts.Min() > 0, "an empty bucket");
    }
}
