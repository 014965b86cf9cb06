using NetControl.Network;
using NetControl.Transport.Probes;
using NetControl.Transport.Tests.Dns;

namespace NetControl.Transport.Tests.Probes;

public sealed class AnswerCatcherTests
{
    private const ushort Id = 0x1234;
    private static readonly AddrPort s_asked = AddrPort.Parse("192.0.2.53:53");
    private static readonly AddrPort s_other = AddrPort.Parse("198.51.100.1:53");

    public static TheoryData<byte[], bool> FromElsewhere() => new()
    {
        { DnsMessages.Answer(DnsMessages.Query("a.example", id: Id)), true },
        { DnsMessages.Answer(DnsMessages.Query("a.example", id: Id + 1)), false },
        { DnsMessages.Query("a.example", id: Id), false },
        { DnsMessages.Answer(DnsMessages.Query("a.example", id: Id))[..11], false },
        { [], false },
    };

    [Theory]
    [MemberData(nameof(FromElsewhere))]
    public void FromElsewhere_OnlyAnAnswerWithTheQueriesIdCounts(byte[] datagram, bool counts)
    {
        AnswerCatcher catcher = new(s_asked, Id);
        catcher.OnPacket(datagram, s_other);
        Assert.Equal(counts, catcher.Answer.IsCompletedSuccessfully);
        catcher.OnPacket(datagram, s_asked);
        Assert.True(catcher.Answer.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(UnreachableReason.Port, "ECONNREFUSED")]
    [InlineData(UnreachableReason.Network, "ENETUNREACH")]
    [InlineData(UnreachableReason.Host, "EHOSTUNREACH")]
    [InlineData(UnreachableReason.Prohibited, "EACCES")]
    public async Task Unreachable_EndsTheWait_WithTheKernelsWord(UnreachableReason reason, string name)
    {
        AnswerCatcher catcher = new(s_asked, Id);
        catcher.OnUnreachable(s_asked, reason);
        Assert.Equal(name, PosixName.Of(await Assert.ThrowsAsync<DialException>(() => catcher.Answer)));
    }

    [Fact]
    public async Task Closed_EndsTheWait()
    {
        AnswerCatcher catcher = new(s_asked, Id);
        catcher.OnClosed(new EndOfStreamException("the association ended"));
        Assert.Equal("the association ended", (await Assert.ThrowsAsync<IOException>(() => catcher.Answer)).Message);
    }
}
