using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>IPv4 options (RFC 791, RFC 1122 section 3.2.1.8): skipped when sound, refused with a pointer when not.</summary>
public sealed class Ipv4OptionsTests
{
    [Theory]
    [InlineData("01010101")]
    [InlineData("00000000")]
    [InlineData("00FFFFFF")]
    [InlineData("94040000")]
    [InlineData("07070400000000 00")]
    [InlineData("440805000000 0000")]
    [InlineData("820B0000 00000000 00000000")]
    [InlineData("1E060102 03040101")]
    public void Options_ThatAreSound_AreSkipped(string hex) => Expect(hex, ParseResult.Ok, IpProblem.None, 0);

    [Theory]
    [InlineData("07000000", 21)]
    [InlineData("07010000", 21)]
    [InlineData("1E050000", 21)]
    [InlineData("01010107", 23)]
    [InlineData("07030300", 22)]
    [InlineData("44040400", 22)]
    [InlineData("83030300", 22)]
    [InlineData("07020000", 22)]
    public void Options_ThatAreBroken_AreRefusedWithAPointer(string hex, int pointer) =>
        Expect(hex, ParseResult.BadOption, IpProblem.HeaderField, pointer);

    [Theory]
    [InlineData("83070400000000 00")]
    [InlineData("01890704000000 00")]
    [InlineData("83070800000000 00")]
    public void SourceRoutes_AreRefusedInSilence(string hex)
    {
        byte[] packet = Expect(hex, ParseResult.SourceRoute, IpProblem.None, 0);
        Assert.Equal(0, IcmpErrors.WriteProblem(new byte[576], packet));
    }

    private static byte[] Expect(string hex, ParseResult result, IpProblem problem, int pointer)
    {
        byte[] options = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        byte[] plain = new byte[33];
        UdpPacket.Write(plain, AddrPort.Parse("10.77.0.1:4000"), AddrPort.Parse("198.18.0.1:53"), "hello"u8);
        byte[] packet = [.. plain[..20], .. options, .. plain[20..]];
        packet[0] = (byte)(0x45 + (options.Length / 4));
        packet[3] = (byte)packet.Length;
        Ipv4Header.UpdateChecksum(packet.AsSpan(0, 20 + options.Length));
        ParseResult actual = ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket p);
        Assert.Equal((result, problem), (actual, p.Problem));
        Assert.True(problem == IpProblem.None || p.ProblemPointer == pointer, $"pointer {p.ProblemPointer}");
        return packet;
    }
}
