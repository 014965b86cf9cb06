using NetControl.Network;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Tests.Dns;

public sealed class DnsQueryTests
{
    [Fact]
    public void Query_OfTheRoot_Is28Bytes()
    {
        byte[] query = DnsQuery.Create(0x2468, new DnsQuestion(default, DnsType.NS));
        Assert.Equal(
            [0x24, 0x68, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0], query);
    }

    [Fact]
    public void Write_LeavesTheRestOfTheRoomAlone()
    {
        byte[] room = [.. Enumerable.Repeat((byte)0xEE, DnsQuery.MaxLength)];
        int length = DnsQuery.Write(room, 1, DnsMessages.Question("a.example"));
        Assert.All(room[length..], b => Assert.Equal(0xEE, b));
        Assert.Throws<ArgumentException>(() => DnsQuery.Write(new byte[length - 1], 1, DnsMessages.Question("a.example")));
    }

    [Theory]
    [InlineData("www.example.com", 0x1234, 0x8180, DnsType.A, 1, null)]
    [InlineData("WWW.example.COM", 0x1234, 0x8180, DnsType.A, 1, null)]
    [InlineData("www.example.com", 0x1234, 0x0100, DnsType.A, 1, "the message is a query, not an answer")]
    [InlineData("www.example.com", 0x1235, 0x8180, DnsType.A, 1, "the answer has id 4661, the query 4660")]
    [InlineData("www.example.com", 0x1234, 0x8180, DnsType.Aaaa, 1, "the answer is about type Aaaa, the query A")]
    [InlineData("www.example.com", 0x1234, 0x8180, DnsType.A, 3, "the answer is about class 3, the query 1")]
    [InlineData("www.example.org", 0x1234, 0x8180, DnsType.A, 1, "the answer is about another name")]
    public void Fault_SaysWhatIsWrong(string name, int id, int flags, DnsType type, byte recordClass, string? fault)
    {
        byte[] answer = DnsMessages.Answer(DnsMessages.Query(name, type, (ushort)id), (ushort)flags, [], []);
        answer[^1] = recordClass;
        Assert.Equal(fault, DnsAnswerCheck.Fault(DnsMessages.Query("www.example.com"), answer));
    }

    [Fact]
    public void Fault_WithoutQuestionOrHeader_IsOne()
    {
        byte[] query = DnsMessages.Query("www.example.com");
        Assert.Equal("the answer repeats no question", DnsAnswerCheck.Fault(query, [0x12, 0x34, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Equal("the answer's question is broken", DnsAnswerCheck.Fault(query, [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 9]));
        Assert.Equal("a message of 11 bytes is shorter than its header", DnsAnswerCheck.Fault(query, new byte[11]));
    }

    [Fact]
    public void Response_GivesTheAddressesOfOneType_PastOtherNames()
    {
        DnsResponse response = new(DnsMessages.Answer(
            DnsMessages.Query("a.example"),
            DnsMessages.CName("b.example"), DnsMessages.Address("192.0.2.1"), DnsMessages.Address("2001:db8::1"), DnsMessages.Address("192.0.2.2")));
        Assert.Equal([IpAddr.Parse("192.0.2.1"), IpAddr.Parse("192.0.2.2")], response.Addresses(DnsType.A));
        Assert.Equal([IpAddr.Parse("2001:db8::1")], response.Addresses(DnsType.Aaaa));
    }

    [Fact]
    public void Response_WithACutRecord_IsBad()
    {
        byte[] answer = DnsMessages.Answer(DnsMessages.Query("a.example"), DnsMessages.Address("192.0.2.1"));
        DnsException e = Assert.Throws<DnsException>(() => new DnsResponse(answer.AsMemory(..^1)).Addresses(DnsType.A));
        Assert.Equal(DnsError.BadResponse, e.Error);
    }
}
