using CsCheck;
using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Tests.Interop.Linux;

/// <summary>Addresses survive the way into the kernel's form and back.</summary>
public sealed class SockAddrTests
{
    [Theory]
    [InlineData("192.0.2.1:53", 16)]
    [InlineData("[2001:db8::1]:65535", 28)]
    [InlineData("0.0.0.0:0", 16)]
    [InlineData("[::]:1", 28)]
    public void Address_WrittenAndRead_IsTheSame(string text, int length)
    {
        AddrPort address = AddrPort.Parse(text);
        SockAddr native = SockAddr.From(address);
        Assert.Equal(length, native.Length);
        Assert.True(native.TryRead(out AddrPort read));
        Assert.Equal(address, read);
    }

    [Fact]
    public void V4Address_WrittenMapped_ReadsAsV4()
    {
        AddrPort address = AddrPort.Parse("192.0.2.1:53");
        SockAddr native = SockAddr.FromMapped(address);
        Assert.Equal(Libc.AF_INET6, native.Family);
        Assert.Equal(28, native.Length);
        Assert.True(native.TryRead(out AddrPort read));
        Assert.True(read.IsV4);
        Assert.Equal(address, read);
    }

    [Fact]
    public void Garbage_IsReadOrRefused_NeverThrows() =>
        Gen.Byte.Array[0, 40].Sample(bytes => SockAddr.TryRead(bytes, out _) || true);
}
