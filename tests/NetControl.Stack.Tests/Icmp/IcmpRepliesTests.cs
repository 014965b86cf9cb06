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

    [Theory]
    [InlineData("07 0B 04 00000000 00000000", "07 0B 08 C6120001 00000000 00")] // record route
    [InlineData("07 07 08 01020304", "07 07 08 01020304 00")] // full
    [InlineData("01 94 04 0000 07 07 04 00000000", "07 07 08 C6120001 00")] // what else there is stays behind
    [InlineData("44 0C 05 00 00000000 00000000", "44 0C 09 00 00012345 00000000")] // the time
    [InlineData("44 0C 05 01 00000000 00000000", "44 0C 0D 01 C6120001 00012345")] // with the address
    [InlineData("44 0C 05 03 C6120001 00000000", "44 0C 0D 03 C6120001 00012345")] // named
    [InlineData("44 0C 05 03 01020304 00000000", "44 0C 05 03 01020304 00000000")] // somebody else is
    [InlineData("44 08 09 20 01020304", "44 08 09 30 01020304")] // no room
    [InlineData("44 08 09 F0 01020304", "44 08 09 F0 01020304")] // nor for the count
    [InlineData("94 04 0000", "")]
    public void EchoRequest_WithRecordingOptions_CarriesThemBack(string asked, string expected)
    {
        byte[] options = Convert.FromHexString(asked.Replace(" ", "", StringComparison.Ordinal));
        int padded = (options.Length + 3) & ~3;
        int length = IcmpPacket.Write(_request, IpAddr.Parse("10.77.0.1"), IpAddr.Parse("198.18.0.1"), 8, 0, 5, new byte[10]);
        byte[] request = [.. _request[..20], .. options, .. new byte[padded - options.Length], .. _request[20..length]];
        request[0] = (byte)(0x45 + (padded / 4));
        request[3] += (byte)padded;
        Ipv4Header.UpdateChecksum(request.AsSpan(0, 20 + padded));
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(request, ChecksumTrust.Verify, out ParsedPacket parsed));

        int plain = IcmpReplies.WriteEchoReply(_reply, request, in parsed);
        Assert.Equal(plain, IcmpReplies.AddOptions(_reply, plain, request, in parsed, plain, 0x12345));
        int reply = IcmpReplies.AddOptions(_reply, plain, request, in parsed, 1500, 0x12345);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_reply.AsSpan(0, reply), ChecksumTrust.Verify, out ParsedPacket back));
        Assert.Equal(10, back.PayloadLength);
        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(_reply.AsSpan(20, back.TransportOffset - 20)));
    }

    private int Answer(string from, string to, byte type, byte code, byte[] payload)
    {
        int length = IcmpPacket.Write(_request, IpAddr.Parse(from), IpAddr.Parse(to), type, code, 0x0001_0002, payload);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_request.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket parsed));
        return IcmpReplies.WriteEchoReply(_reply, _request.AsSpan(0, length), in parsed);
    }
}
