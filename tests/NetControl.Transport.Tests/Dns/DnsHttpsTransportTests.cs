using System.Text;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Dns;

/// <summary>The HTTP/1.1 side, against what a server may say; HTTP/2 is met in the end-to-end tests.</summary>
public sealed class DnsHttpsTransportTests
{
    private static readonly byte[] s_query = DnsMessages.Query("www.example.com", id: 0x4711);
    private static readonly byte[] s_answer = DnsMessages.Answer(DnsMessages.Query("www.example.com", id: 0), DnsMessages.Address("192.0.2.1"));
    private readonly ManualTimeProvider _time = new();
    private readonly Queue<MemoryStreamConnection> _connections = new();
    private int _dialled;

    [Fact]
    public async Task Query_IsPostedWithIdZero_AndItsIdComesBack()
    {
        MemoryStreamConnection connection = Serve(Whole(s_answer));
        byte[] answer = await Exchange(Transport());
        Assert.Equal([0x47, 0x11, .. s_answer[2..]], answer);
        byte[] sent = Assert.Single(connection.Writes);
        string head = Encoding.ASCII.GetString(sent, 0, sent.Length - s_query.Length);
        Assert.Equal(
            "POST /dns-query HTTP/1.1\r\nHost: dns.example:443\r\nAccept: application/dns-message\r\n"
            + $"Content-Type: application/dns-message\r\nContent-Length: {s_query.Length}\r\n\r\n",
            head);
        Assert.Equal([0, 0, .. s_query[2..]], sent[^s_query.Length..]);
    }

    [Fact]
    public async Task Connection_IsUsedAgain_AndClosedWhenNobodyNeedsIt()
    {
        MemoryStreamConnection connection = Serve([.. Whole(s_answer), .. Whole(s_answer)]);
        DnsHttpsTransport transport = Transport();
        await Exchange(transport);
        await Exchange(transport);
        Assert.Equal((1, false), (_dialled, connection.Disposed));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((true, 0), (connection.Disposed, _time.ArmedTimers));
    }

    [Fact]
    public async Task KeptConnection_ThatTheServerClosed_IsReplaced()
    {
        Serve(Whole(s_answer));
        Serve(Whole(s_answer));
        DnsHttpsTransport transport = Transport();
        await Exchange(transport);
        await Exchange(transport);
        Assert.Equal(2, _dialled);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", false)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n", false)]
    public async Task Body_InChunksOrToTheEnd_IsRead(string head, bool chunked)
    {
        byte[] body = chunked
            ? [.. Encoding.ASCII.GetBytes($"5;x=y\r\n"), .. s_answer[..5], .. Encoding.ASCII.GetBytes($"\r\n{s_answer.Length - 5:X}\r\n"), .. s_answer[5..],
                .. "\r\n0\r\nTrailer: 1\r\n\r\n"u8]
            : s_answer;
        MemoryStreamConnection connection = Serve([.. Encoding.ASCII.GetBytes(head), .. body]);
        Assert.Equal(s_answer[2..], (await Exchange(Transport()))[2..]);
        Assert.Equal(!chunked, connection.Disposed);
    }

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", DnsError.Receive, "the resolver answered HTTP 404")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n", DnsError.BadResponse, "the resolver's answer has no length that a message can have")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", DnsError.BadResponse, "a message of 3 bytes is shorter than its header")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", DnsError.BadResponse, "the resolver's answer has a broken chunk")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n", DnsError.BadResponse, "the resolver's answer is longer than a message can be")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", DnsError.BadResponse, "the resolver does not speak HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc", DnsError.Receive, "the answer did not come: the stream ended within an answer")]
    [InlineData("", DnsError.Receive, "the answer did not come: the resolver closed the connection before it answered")]
    public async Task Answer_ThatIsNone_IsTypedAndLeavesNothingOpen(string said, DnsError error, string message)
    {
        MemoryStreamConnection connection = Serve(Encoding.ASCII.GetBytes(said));
        DnsException e = await Assert.ThrowsAsync<DnsException>(() => Exchange(Transport()));
        Assert.Equal((error, message), (e.Error, e.Message));
        Assert.Equal(!said.Contains("Length: 3\r", StringComparison.Ordinal), connection.Disposed); // as HTTP that one was in order
    }

    [Fact]
    public async Task Server_ThatCannotBeReached_IsTyped()
    {
        DnsException e = await Assert.ThrowsAsync<DnsException>(() => Exchange(Transport()));
        Assert.Equal(DnsError.Dial, e.Error);
    }

    [Theory]
    [InlineData("doh:name=dns.example", "doh:name=dns.example")]
    [InlineData("doh:name=dns.example&address=1.1.1.1&path=/q&cache=9", "doh:name=dns.example&address=1.1.1.1:443&path=/q&cache=9")]
    public void Text_Valid_ReadsBackEqual(string text, string written)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), error?.ToString());
        Assert.Equal(written, chain.Text);
        Assert.True(HopRegistry.Standard.TryParse(written, out Chain? again, out _));
        Assert.Equal(chain.Hops, again.Hops);
    }

    [Theory]
    [InlineData("doh:address=1.1.1.1", 1, "doh needs name=; write e.g. doh:name=dns.example&address=192.0.2.53")]
    [InlineData("doh:name=a..b", 10, "'a..b' is no host name")]
    [InlineData("doh:name=a&path=x", 17, "is no path; write e.g. path=/dns-query")]
    public void Text_Invalid_NamesColumn(string text, int column, string message)
    {
        Assert.False(HopRegistry.Standard.TryParse(text, out _, out ChainError? error));
        Assert.Equal(new ChainError(1, column, message), error);
    }

    private static byte[] Whole(byte[] body) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];

    private MemoryStreamConnection Serve(byte[] said)
    {
        MemoryStreamConnection connection = new(said);
        _connections.Enqueue(connection);
        return connection;
    }

    private DnsHttpsTransport Transport() => new(new Server(this), new HostPort("dns.example", 443), timeProvider: _time);

    private static Task<byte[]> Exchange(DnsHttpsTransport transport) =>
        transport.ExchangeAsync(s_query, TestContext.Current.CancellationToken).AsTask();

    private sealed class Server(DnsHttpsTransportTests test) : IStreamEndpoint
    {
        public ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default)
        {
            test._dialled++;
            return test._connections.TryDequeue(out MemoryStreamConnection? connection)
                ? new ValueTask<IStreamConnection>(connection)
                : ValueTask.FromException<IStreamConnection>(new DialException(DialFailure.Refused, "refused"));
        }
    }
}
