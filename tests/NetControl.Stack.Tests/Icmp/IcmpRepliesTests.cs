using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Icmp;

/// <summary>Echo: who is asked answers, with what it was sent.</summary>
public sealed class IcmpRepliesTests
{
    private readonly byte[] _request = new byte[2000];
    private readonly byte[] _reply = new byte[2000];

    [Theory]
    [InlineData("10.77.0.1", "198.18.0.1", 8, "198.18.0.1 > 10.77.0.1 icmp echo reply id 1 seq 2 len 56")]
    [InlineData("fd77::1", "fd99::1", 128, "fd99::1 > fd77::1 icmp6 echo reply id 1 seq 2 len 56")]
    public void EchoRequest_IsAnsweredWithItsPayload(string from, string to, byte type, string expected)
    {
        byte[] payload = [.. Enumerable.Range(0, 56).Select(i => (byte)i)];
        int reply = Answer(from, to, type, 0, payload);
        Assert.Equal(expected, PacketText.Format(_reply.AsSpan(0, reply)));
        Assert.Equal(payload, _reply[(reply - 56)..reply]);
    }

    [Theory]
    [InlineData("10.77.0.1", "198.18.0.1", 0, 0)]
    [InlineData("10.77.0.1", "198.18.0.1", 8, 1)]
    [InlineData("10.77.0.1", "198.18.0.1", 128, 0)]
    [InlineData("10.77.0.1", "224.0.0.1", 8, 0)]
    [InlineData("10.77.0.1", "255.255.255.255", 8, 0)]
    [InlineData("fd77::1", "ff02::1", 128, 0)]
    [InlineData("fd77::1", "fd99::1", 8, 0)]
    public void OtherMessages_AndGroups_AreNotAnswered(string from, string to, byte type, byte code) =>
        Assert.Equal(0, Answer(from, to, type, code, []));

    [Fact]
    public void EchoRequest_WithoutRoomForTheReply_IsNotAnswered()
    {
        int length = IcmpPacket.Write(_request, IpAddr.Parse("10.77.0.1"), IpAddr.Parse("198.18.0.1"), 8, 0, 0, new byte[10]);
        ParsedPacket.TryParse(_request.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket parsed);
        Assert.Equal(0, IcmpReplies.WriteEchoReply(_reply.AsSpan(0, length - 1), _request, in parsed));
        Assert.Equal(length, IcmpReplies.WriteEchoReply(_reply.AsSpan(0, length), _request, in parsed));
    }

    private int Answer(string from, string to, byte type, byte code, byte[] payload)
    {
        int length = IcmpPacket.Write(_request, IpAddr.Parse(from), IpAddr.Parse(to), type, code, 0x0001_0002, payload);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_request.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket parsed));
        return IcmpReplies.WriteEchoReply(_reply, _request.AsSpan(0, length), in parsed);
    }
}
