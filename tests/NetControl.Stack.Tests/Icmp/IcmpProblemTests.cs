using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Icmp;

/// <summary>What the parser finds wrong becomes the message that the RFCs name, and nothing is said where they forbid it.</summary>
public sealed class IcmpProblemTests
{
    private readonly byte[] _error = new byte[IcmpErrors.MaxLength];

    [Fact]
    public void Ipv4_UnknownProtocol_IsProtocolUnreachable()
    {
        byte[] packet = V4(132);
        ParsedPacket error = Answer(packet);
        Assert.Equal((3, 2, 0u), (error.IcmpType, error.IcmpCode, error.IcmpRest));
        Assert.Equal(0xC0, error.TrafficClass);
        Assert.Equal(packet, error.Payload(_error).ToArray());
    }

    [Fact]
    public void Ipv4_BrokenOption_IsAParameterProblemWithItsPointer()
    {
        byte[] plain = V4(IpProtocol.Udp);
        byte[] packet = [.. plain[..20], 7, 1, 0, 0, .. plain[20..]];
        packet[0] = 0x46;
        packet[3] = (byte)packet.Length;
        Ipv4Header.UpdateChecksum(packet.AsSpan(0, 24));
        ParsedPacket error = Answer(packet);
        Assert.Equal((12, 0, 21u << 24), (error.IcmpType, error.IcmpCode, error.IcmpRest));
    }

    [Theory]
    [InlineData(132, "", 1, 6u)]
    [InlineData(17, "3C 1100 C504 00000000", 2, 42u)]
    [InlineData(17, "00 1100 8504 00000000", 2, 42u)]
    [InlineData(17, "2B 1100 0001 00000000", 0, 42u)]
    [InlineData(17, "2C 1100 0001 00000007", 3, 0u)]
    [InlineData(17, "2C 1100 FFF9 00000007", 0, 42u)]
    public void Ipv6_Problems_HaveTheirCodesAndPointers(byte protocol, string extension, int code, uint pointer)
    {
        byte[] packet = V6(protocol, extension, "fd99::1");
        if (code == 3)
        {
            // Eight bytes of TCP: the rest of its header is in another fragment.
            packet[40] = IpProtocol.Tcp;
            packet = packet[..56];
            packet[5] = 16;
        }

        ParsedPacket error = Answer(packet);
        Assert.Equal((4, code, pointer), (error.IcmpType, error.IcmpCode, error.IcmpRest));
    }

    [Theory]
    [InlineData("3C 1100 4504 00000000", "fd99::1", false)]
    [InlineData("3C 1100 C504 00000000", "ff02::1", false)]
    [InlineData("3C 1100 8504 00000000", "ff02::1", true)]
    [InlineData("2B 1100 0001 00000000", "ff02::1", false)]
    public void Ipv6_OptionBits_SayWhetherAPacketToAGroupIsAnswered(string extension, string to, bool answered)
    {
        byte[] packet = V6(IpProtocol.Udp, extension, to);
        int length = IcmpErrors.WriteProblem(_error, packet, IpAddr.Parse("fd77::ff"));
        Assert.Equal(answered, length > 0);
        Assert.Equal(0, IcmpErrors.WriteProblem(_error, packet)); // a group cannot be a source
    }

    [Fact]
    public void Ipv6_ProblemInFrontOfAnError_IsNotAnswered()
    {
        byte[] packet = V6(IpProtocol.IcmpV6, "3C 3A00 C504 00000000", "fd99::1");
        packet[48] = 1;
        Assert.Equal(0, IcmpErrors.WriteProblem(_error, packet));
        packet[48] = 128;
        Assert.NotEqual(0, IcmpErrors.WriteProblem(_error, packet));
    }

    [Fact]
    public void Ipv4_ProblemOfALaterFragment_IsNotAnswered()
    {
        byte[] packet = V4(132);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), 5);
        Ipv4Header.UpdateChecksum(packet.AsSpan(0, 20));
        Assert.Equal(0, IcmpErrors.WriteProblem(_error, packet));
    }

    [Theory]
    [InlineData("10.77.0.1", "224.0.0.22")]
    [InlineData("0.0.0.0", "198.18.0.1")]
    [InlineData("240.0.0.1", "198.18.0.1")]
    public void Ipv4_GroupsAndMartians_AreNotAnswered(string from, string to)
    {
        byte[] packet = V4(2, from, to);
        Assert.Equal(0, IcmpErrors.WriteProblem(_error, packet));
    }

    [Fact]
    public void SoundPacket_HasNoProblemToTell() => Assert.Equal(0, IcmpErrors.WriteProblem(_error, V4(IpProtocol.Udp)));

    private ParsedPacket Answer(byte[] packet)
    {
        int length = IcmpErrors.WriteProblem(_error, packet);
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_error.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket error));
        Assert.True(IcmpErrorMessage.TryParse(_error.AsSpan(0, length), error, out _) || error.PayloadLength > 0);
        return error;
    }

    private static byte[] V4(byte protocol, string from = "10.77.0.1", string to = "198.18.0.1")
    {
        byte[] packet = new byte[36];
        UdpPacket.Write(packet, new AddrPort(IpAddr.Parse(from), 4000), new AddrPort(IpAddr.Parse(to), 53), new byte[8]);
        packet[9] = protocol;
        Ipv4Header.UpdateChecksum(packet.AsSpan(0, 20));
        return packet;
    }

    // The extension's first byte is its own number; the rest is the header as it lies.
    private static byte[] V6(byte protocol, string extension, string to)
    {
        byte[] plain = new byte[64];
        UdpPacket.Write(plain, AddrPort.Parse("[fd77::1]:4000"), new AddrPort(IpAddr.Parse(to), 53), new byte[16]);
        byte[] bytes = Convert.FromHexString(extension.Replace(" ", "", StringComparison.Ordinal));
        byte[] packet = bytes.Length == 0 ? plain : [.. plain[..40], .. bytes[1..], .. plain[40..]];
        packet[6] = bytes.Length == 0 ? protocol : bytes[0];
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        return packet;
    }
}
