using NetControl.Network;
using NetControl.Transport.Override;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Override;

public sealed class OverrideTests
{
    [Theory]
    [InlineData("www.youtube.com", null, "10.0.0.1:80", "www.youtube.com:80")]
    [InlineData(null, 853, "8.8.8.8:53", "8.8.8.8:853")]
    [InlineData(null, 853, "dns.google:53", "dns.google:853")]
    [InlineData("8.8.4.4", 853, "foo.example:53", "8.8.4.4:853")]
    [InlineData("2001:db8::1", null, "foo.example:53", "[2001:db8::1]:53")]
    public async Task Dial_GoesElsewhere(string? host, int? port, string asked, string dialled)
    {
        var inner = new GivenDialer(new MemoryStreamConnection([]));
        await new OverrideStreamDialer(inner, host, (ushort?)port).DialAsync(HostPort.Parse(asked));
        Assert.Equal(HostPort.Parse(dialled), Assert.Single(inner.Dialled));
    }

    [Fact]
    public async Task Packets_GoElsewhere_AndAnswersSeemToComeFromWhereTheyWereMeantToGo()
    {
        var inner = new MemoryPacketListener();
        IPacketConnection connection = await new OverridePacketListener(inner, IpAddr.Parse("192.0.2.53"), 5353).ListenAsync();
        var handler = new PacketRecorder();
        connection.Receive(handler);
        AddrPort place = AddrPort.Parse("192.0.2.53:5353");
        foreach (string destination in new[] { "8.8.8.8:53", "[2001:db8::8]:53" })
        {
            Assert.True(connection.Send([1], AddrPort.Parse(destination)));
            Assert.Equal(place, inner.Last.Sent[^1].Destination);
            inner.Last.Handler!.OnPacket([2], place);
            Assert.Equal(AddrPort.Parse(destination), (await handler.NextAsync()).Source);
            inner.Last.Handler!.OnUnreachable(place, UnreachableReason.Port);
            Assert.Equal(AddrPort.Parse(destination), (await handler.NextUnreachableAsync()).Destination);
        }

        inner.Last.Handler!.OnPacket([3], AddrPort.Parse("203.0.113.9:9"));
        Assert.Equal(AddrPort.Parse("203.0.113.9:9"), (await handler.NextAsync()).Source);
        connection.Dispose();
        Assert.Null(await handler.Closed);
    }

    [Fact]
    public async Task Packets_ToManyPlaces_MemoryIsBounded_AndNothingIsMadeForEachPacket()
    {
        var inner = new MemoryPacketListener();
        IPacketConnection connection = await new OverridePacketListener(inner, null, 5353).ListenAsync();
        inner.Last.Record = false;
        for (uint i = 0; i < 100_000; i++)
        {
            connection.Send([1], new AddrPort(IpAddr.FromV4(i), 53));
        }

        AddrPort destination = AddrPort.Parse("8.8.8.8:53");
        connection.Send([1], destination);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            connection.Send([1], destination);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
