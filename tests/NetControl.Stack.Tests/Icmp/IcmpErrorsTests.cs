using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Ip;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Icmp;

/// <summary>Errors written are errors read: kind, reason, and whose packet it was.</summary>
public sealed class IcmpErrorsTests
{
    private readonly byte[] _packet = new byte[9000];
    private readonly byte[] _error = new byte[IcmpErrors.MaxLength];

    public static TheoryData<bool, UnreachableReason, int, int> Unreachables => new()
    {
        { true, UnreachableReason.Network, 3, 0 },
        { true, UnreachableReason.Host, 3, 1 },
        { true, UnreachableReason.Port, 3, 3 },
        { true, UnreachableReason.Prohibited, 3, 13 },
        { false, UnreachableReason.Network, 1, 0 },
        { false, UnreachableReason.Prohibited, 1, 1 },
        { false, UnreachableReason.Host, 1, 3 },
        { false, UnreachableReason.Port, 1, 4 },
    };

    [Theory]
    [MemberData(nameof(Unreachables))]
    public void Unreachable_OfATcpSegment_HasTheCodeOfItsFamilyAndReadsBack(bool v4, UnreachableReason reason, int type, int code)
    {
        int length = Tcp(v4, 100);
        int error = IcmpErrors.WriteUnreachable(_error, _packet.AsSpan(0, length), reason);
        ParsedPacket parsed = Parse(error);
        Assert.Equal((type, code), (parsed.IcmpType, parsed.IcmpCode));
        Assert.Equal((Remote(v4).Address, Client(v4).Address), (parsed.Source, parsed.Destination));
        Assert.True(IcmpErrorMessage.TryParse(_error.AsSpan(0, error), in parsed, out IcmpErrorMessage message));
        Assert.Equal((IcmpErrorKind.Unreachable, reason), (message.Kind, message.Reason));
        Assert.Equal(new FlowKey(IpProtocol.Tcp, Client(v4), Remote(v4)), message.Flow);
        Assert.Equal(12345u, message.TcpSequence.Value);
    }

    [Theory]
    [InlineData(true, 1400)]
    [InlineData(false, 1280)]
    public void TooBig_CarriesTheMtuAndTheGivenSource(bool v4, int mtu)
    {
        IpAddr router = IpAddr.Parse(v4 ? "192.0.2.254" : "2001:db8::fe");
        int length = Udp(v4, 5000);
        int error = IcmpErrors.WriteTooBig(_error, _packet.AsSpan(0, length), mtu, router);
        ParsedPacket parsed = Parse(error);
        Assert.Equal(router, parsed.Source);
        Assert.True(IcmpErrorMessage.TryParse(_error.AsSpan(0, error), in parsed, out IcmpErrorMessage message));
        Assert.Equal((IcmpErrorKind.TooBig, mtu), (message.Kind, message.Mtu));
        Assert.Equal(new FlowKey(IpProtocol.Udp, Client(v4), Remote(v4)), message.Flow);
    }

    [Theory]
    [InlineData(true, 576)]
    [InlineData(false, 1280)]
    public void Quote_OfALargePacket_IsAsLongAsTheFamilyAllows(bool v4, int expected)
    {
        int length = Udp(v4, 5000);
        Assert.Equal(expected, IcmpErrors.WriteUnreachable(_error, _packet.AsSpan(0, length), UnreachableReason.Port));
        int header = v4 ? 28 : 48;
        Assert.True(_packet.AsSpan(0, expected - header).SequenceEqual(_error.AsSpan(header, expected - header)));
        length = Udp(v4, 3);
        Assert.Equal(length + header, IcmpErrors.WriteUnreachable(_error, _packet.AsSpan(0, length + 20), UnreachableReason.Port));
        int less = length + header - 1;
        Assert.Equal(less, IcmpErrors.WriteUnreachable(_error.AsSpan(0, less), _packet, UnreachableReason.Port));
        Assert.Equal(0, IcmpErrors.WriteUnreachable(_error.AsSpan(0, header - 1), _packet, UnreachableReason.Port));
    }

    [Theory]
    [InlineData(true, false, 11, 0)]
    [InlineData(false, true, 3, 1)]
    public void TimeExceeded_SaysWhichTime(bool v4, bool duringReassembly, int type, int code)
    {
        int length = Udp(v4, 10);
        int error = IcmpErrors.WriteTimeExceeded(_error, _packet.AsSpan(0, length), duringReassembly);
        ParsedPacket parsed = Parse(error);
        Assert.Equal((type, code), (parsed.IcmpType, parsed.IcmpCode));
        Assert.True(IcmpErrorMessage.TryParse(_error.AsSpan(0, error), in parsed, out IcmpErrorMessage message));
        Assert.Equal(IcmpErrorKind.TimeExceeded, message.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void UdpUnreachable_WithoutTheDatagram_QuotesOneLikeIt(bool v4)
    {
        int error = IcmpErrors.WriteUdpUnreachable(_error, Client(v4), Remote(v4), UnreachableReason.Port);
        ParsedPacket parsed = Parse(error);
        Assert.True(IcmpErrorMessage.TryParse(_error.AsSpan(0, error), in parsed, out IcmpErrorMessage message));
        Assert.Equal(new FlowKey(IpProtocol.Udp, Client(v4), Remote(v4)), message.Flow);
        Assert.Equal((Remote(v4).Address, UnreachableReason.Port), (parsed.Source, message.Reason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ErrorsThemselves_AreNeverAnswered_QuestionsAre(bool v4)
    {
        for (int type = 0; type < 256; type++)
        {
            int length = IcmpPacket.Write(_packet, Client(v4).Address, Remote(v4).Address, (byte)type, 0, 0, new byte[40]);
            bool isError = v4 ? type is 3 or 4 or 5 or 11 or 12 : type is < 128 or 137;
            int error = IcmpErrors.WriteUnreachable(_error, _packet.AsSpan(0, length), UnreachableReason.Host);
            Assert.Equal(isError, error == 0);
        }
    }

    [Theory]
    [InlineData("10.77.0.1:1", "224.0.0.251:5353")]
    [InlineData("10.77.0.1:1", "255.255.255.255:67")]
    [InlineData("0.0.0.0:68", "198.18.0.1:67")]
    [InlineData("127.0.0.1:68", "198.18.0.1:67")]
    [InlineData("[fd77::1]:1", "[ff02::fb]:5353")]
    [InlineData("[::]:1", "[fd99::1]:53")]
    public void Groups_AndAddressesOfNobody_AreNeverAnswered(string from, string to)
    {
        int length = UdpPacket.Write(_packet, AddrPort.Parse(from), AddrPort.Parse(to), default);
        Assert.Equal(0, IcmpErrors.WriteUnreachable(_error, _packet.AsSpan(0, length), UnreachableReason.Port));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fragments_AreAnsweredOnlyWhenFirst(bool v4)
    {
        byte[] buffer = new byte[1500];
        Fragmenter fragmenter = new(_packet.AsSpan(0, Udp(v4, 4000)), 1500, 1);
        Assert.True(fragmenter.TryWriteNext(buffer, out int length));
        int error = IcmpErrors.WriteUnreachable(_error, buffer.AsSpan(0, length), UnreachableReason.Port);
        ParsedPacket parsed = Parse(error);
        Assert.True(IcmpErrorMessage.TryParse(_error.AsSpan(0, error), in parsed, out IcmpErrorMessage message));
        Assert.Equal(new FlowKey(IpProtocol.Udp, Client(v4), Remote(v4)), message.Flow);
        Assert.True(fragmenter.TryWriteNext(buffer, out length));
        Assert.Equal(0, IcmpErrors.WriteUnreachable(_error, buffer.AsSpan(0, length), UnreachableReason.Port));
    }

    [Fact]
    public void Quote_CutAnywhere_IsReadOrRefusedWithoutHarm()
    {
        Random random = new(5);
        foreach (bool v4 in (bool[])[true, false])
        {
            int length = Tcp(v4, 30);
            int minimum = (v4 ? 20 : 40) + 8;
            for (int i = 0; i < 5000; i++)
            {
                byte[] quote = _packet[..(i % (length + 1))];
                bool intact = i <= length;
                if (!intact && quote.Length > 0)
                {
                    quote[random.Next(quote.Length)] = (byte)random.Next(256);
                }

                int error = IcmpPacket.Write(_error, Remote(v4).Address, Client(v4).Address, (byte)(v4 ? 3 : 1), 1, 0, quote);
                ParsedPacket parsed = Parse(error);
                bool read = IcmpErrorMessage.TryParse(_error.AsSpan(0, error), in parsed, out _);
                Assert.True(!intact || read == (quote.Length >= minimum));
            }
        }
    }

    [Fact]
    public void AnythingElse_IsNoErrorMessage()
    {
        int length = Udp(true, 10);
        ParsedPacket.TryParse(_packet.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket parsed);
        Assert.False(IcmpErrorMessage.TryParse(_packet.AsSpan(0, length), in parsed, out _));
        length = IcmpPacket.Write(_packet, Client(true).Address, Remote(true).Address, 8, 0, 0, new byte[40]);
        ParsedPacket.TryParse(_packet.AsSpan(0, length), ChecksumTrust.Verify, out parsed);
        Assert.False(IcmpErrorMessage.TryParse(_packet.AsSpan(0, length), in parsed, out _));
    }

    private static AddrPort Client(bool v4) => AddrPort.Parse(v4 ? "10.77.0.1:4000" : "[fd77::1]:4000");

    private static AddrPort Remote(bool v4) => AddrPort.Parse(v4 ? "198.18.0.1:80" : "[fd99::1]:80");

    private int Tcp(bool v4, int payload)
    {
        TcpOptions options = default;
        return TcpPacket.Write(_packet, Client(v4), Remote(v4), new(12345), default, TcpFlags.Syn, 1, in options, new byte[payload]);
    }

    private int Udp(bool v4, int payload) => UdpPacket.Write(_packet, Client(v4), Remote(v4), new byte[payload]);

    private ParsedPacket Parse(int length)
    {
        Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(_error.AsSpan(0, length), ChecksumTrust.Verify, out ParsedPacket parsed));
        return parsed;
    }
}
