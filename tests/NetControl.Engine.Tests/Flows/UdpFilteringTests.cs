using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.Engine.Tests.Flows;

/// <summary>RFC 4787 section 5: who may answer a UDP session.</summary>
public sealed class UdpFilteringTests
{
    [Theory]
    [InlineData("198.18.0.1:53", "198.18.0.1:9999", "198.18.0.2:53")]
    [InlineData("[fd99::1]:53", "[fd99::1]:9999", "[fd99::2]:53")]
    public async Task AddressDependent_LetsInAnyPortOfAContactedAddress_AndNobodyElse(string to, string otherPort, string stranger)
    {
        SilentProxy proxy = new();
        DeviceSpec spec = new() { Name = "devices/test", InterfaceName = "", Mtu = 1500, UdpFiltering = UdpFiltering.AddressDependent };
        await using TestEngine test = new(proxy: _ => proxy, spec: spec);
        AddrPort source = test.Host.NextSource(AddrPort.Parse(to));
        test.Host.SendUdp(source, AddrPort.Parse(to), [1]);
        await test.Engine.ListSessionsAsync(null, default);
        proxy.Receiver!.WriteFrom([7], AddrPort.Parse(stranger));
        proxy.Receiver.WriteFrom([8], AddrPort.Parse(otherPort));
        (AddrPort from, byte[] payload) = await test.Host.ExpectUdpAsync(source);
        Assert.Equal((AddrPort.Parse(otherPort), 8), (from, payload[0]));
        Assert.Equal(1, test.Drops(DropReason.Filtered));

        // Sending to somebody opens the way for him.
        test.Host.SendUdp(source, AddrPort.Parse(stranger), [1]);
        await test.Engine.ListSessionsAsync(null, default);
        proxy.Receiver.WriteFrom([9], AddrPort.Parse(stranger));
        Assert.Equal([9], (await test.Host.ExpectUdpAsync(source)).Payload);
        Assert.Equal(1, proxy.Sessions);
    }

    [Fact]
    public async Task EndpointIndependent_LetsAnybodyIn()
    {
        SilentProxy proxy = new();
        await using TestEngine test = new(proxy: _ => proxy);
        AddrPort source = test.Host.NextSource(AddrPort.Parse("198.18.0.1:53"));
        test.Host.SendUdp(source, AddrPort.Parse("198.18.0.1:53"), [1]);
        await test.Engine.ListSessionsAsync(null, default);
        proxy.Receiver!.WriteFrom([7], AddrPort.Parse("198.18.77.77:1"));
        Assert.Equal([7], (await test.Host.ExpectUdpAsync(source)).Payload);
    }
}
