using CsCheck;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Tests.Netlink;

/// <summary>Every parser takes whatever bytes come, and the writer's words are the reader's.</summary>
public sealed class NetlinkParsingTests
{
    private static readonly Gen<byte> s_family = Gen.Bool.Select(v6 => (byte)(v6 ? Libc.AF_INET6 : Libc.AF_INET));

    // Attributes with plausible lengths and types reach further into the parsers than plain random bytes.
    private static readonly Gen<byte[]> s_attributes = Gen.Select(Gen.Byte[0, 24], Gen.Byte[0, 24], Gen.Byte.Array[0, 20])
        .Select((length, type, value) => (byte[])[length, 0, type, 0, .. value])
        .Array[0, 6]
        .Select(parts => parts.SelectMany(part => part).ToArray());

    private static readonly Gen<byte[]> s_payload = Gen.OneOf(
        Gen.Byte.Array[0, 200],
        Addressed(7),
        Addressed(11),
        Gen.Select(Gen.Byte.Array[16], s_attributes, (header, attributes) => (byte[])[.. header, .. attributes]));

    [Fact]
    public void AnyBytes_AreParsedOrRefused_NeverThrow() => s_payload.Sample(
        bytes =>
        {
            _ = LinkInfo.TryParse(bytes, out _);
            _ = AddressInfo.TryParse(bytes, out _);
            _ = RouteInfo.TryParse(bytes, out _);
            _ = RuleInfo.TryParse(bytes, out _);
            _ = TunLinkInfo.Parse(bytes);
            ReadOnlySpan<byte> rest = bytes;
            while (NetlinkReader.TryReadMessage(ref rest, out _, out _))
            {
            }
        },
        iter: 20_000);

    [Fact]
    public void AnyPrefixOfAMessage_NeverReadsBeyondIt()
    {
        NetlinkWriter writer = new(Rtnl.RTM_NEWROUTE, 0);
        writer.Append(new byte[] { Libc.AF_INET, 15, 0, 0, 0, 4, 0, 1, 0, 0, 0, 0 });
        writer.Attribute(Rtnl.RTA_DST, Network.IpAddr.Parse("198.18.0.0")).Attribute(Rtnl.RTA_TABLE, 20035u).Attribute(Rtnl.RTA_OIF, 7u);
        byte[] message = writer.Finish(1).ToArray();
        for (int length = 0; length <= message.Length; length++)
        {
            ReadOnlySpan<byte> bytes = message.AsSpan(0, length);
            Assert.Equal(length == message.Length, NetlinkReader.TryReadMessage(ref bytes, out _, out ReadOnlySpan<byte> payload));
            _ = RouteInfo.TryParse(payload, out _);
        }

        ReadOnlySpan<byte> whole = message;
        Assert.True(NetlinkReader.TryReadMessage(ref whole, out NetlinkHeader header, out ReadOnlySpan<byte> body));
        Assert.Equal(new NetlinkHeader(Rtnl.RTM_NEWROUTE, Rtnl.NLM_F_REQUEST, 1), header);
        Assert.True(RouteInfo.TryParse(body, out RouteInfo? route));
        Assert.Equal(("198.18.0.0/15", 20035u, 7), (route.Destination.ToString(), route.Table, route.InterfaceIndex));
    }

    [Fact]
    public void Writer_GrowsBeyondItsFirstRoom()
    {
        NetlinkWriter writer = new(Rtnl.RTM_NEWLINK, 0);
        byte[] value = new byte[5000];
        Array.Fill(value, (byte)7);
        writer.Attribute(1, value).Attribute(2, 42u);
        ReadOnlySpan<byte> bytes = writer.Finish(9);
        Assert.True(NetlinkReader.TryReadMessage(ref bytes, out _, out ReadOnlySpan<byte> payload));
        Assert.True(NetlinkReader.TryReadAttribute(ref payload, out _, out ReadOnlySpan<byte> first));
        Assert.True(first.SequenceEqual(value));
        Assert.True(NetlinkReader.TryReadAttribute(ref payload, out ushort type, out ReadOnlySpan<byte> second));
        Assert.Equal((2, 42u), (type, NetlinkReader.ReadNumber(second)));
    }

    private static Gen<byte[]> Addressed(int headerRest) => Gen.Select(
        s_family, Gen.Byte.Array[headerRest], s_attributes, (family, rest, attributes) => (byte[])[family, .. rest, .. attributes]);
}
