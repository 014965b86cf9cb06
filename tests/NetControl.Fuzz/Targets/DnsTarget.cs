using System.Text;
using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Transport.Dns;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>A DNS message from anybody: read, kept, aged, answered, and met in a stream and in a body of HTTP, in pieces of any size.</summary>
/// <remarks>The first byte says how large the pieces are, and whether the rest is also what a resolver says in HTTP.</remarks>
internal sealed class DnsTarget : IFuzzTarget
{
    private static readonly DnsQuestion s_question = new(DnsName.TryParse("www.example.com", out DnsName name) ? name : default, DnsType.A);
    private static readonly byte[] s_query = DnsQuery.Create(0x1234, s_question);

    public IEnumerable<(string Name, byte[] Input)> Seeds()
    {
        byte[] question = [3, .. "www"u8, 7, .. "example"u8, 3, .. "com"u8, 0, 0, 1, 0, 1];
        byte[] answer = [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. question, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
        byte[] no = [0x12, 0x34, 0x81, 0x83, 0, 1, 0, 0, 0, 1, 0, 0, .. question, 0xC0, 16, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, .. new byte[22]];
        return
        [
            ("query", [0, .. s_query]),
            ("answer", [0, .. answer]),
            ("no", [0, .. no]),
            ("truncated", [0, 0x12, 0x34, 0x83, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, .. question]),
            ("circle", [0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1]),
            ("long-name", [0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. Enumerable.Repeat((byte)63, 260)]),
            ("framed", [1, 0, (byte)s_query.Length, .. s_query, 0, 3, 1, 2, 3]),
            ("http", [0x80, .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\n\r\n"), .. answer]),
            ("http-chunked", [0x81, .. "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\n\r\n"u8]),
        ];
    }

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        byte[] message = input[1..].ToArray();
        int piece = (input[0] & 0x7F) == 0 ? int.MaxValue : input[0] & 0x7F;
        Read(message);
        Keep(message);
        Answer(message);
        Serve(message, piece);
        if ((input[0] & 0x80) != 0)
        {
            Post(message, piece);
        }
    }

    private static void Read(byte[] message)
    {
        for (int start = 0; start < Math.Min(message.Length, 64); start++)
        {
            int offset = start;
            if (DnsName.TryRead(message, ref offset, out DnsName name))
            {
                Unless(offset > start && offset <= message.Length && name.Wire.Length <= DnsName.MaxWireLength, "a name ends within its message");
                Unless(DnsName.TryParse(name.ToString(), out DnsName again) && again.Wire.SequenceEqual(name.Wire), "a name is read as it is written");
            }
        }

        if (!DnsRecordReader.TryCreate(message, out DnsRecordReader records))
        {
            return;
        }

        while (records.TryRead(out DnsRecord record))
        {
            Unless(record.Data.Length <= message.Length && record.Ttl <= int.MaxValue, "a record lies within its message");
            _ = record.TryGetNegativeTtl(out _);
            _ = record.TryGetAddress(out _);
        }

        try
        {
            _ = new DnsResponse(message).Addresses(DnsType.A);
        }
        catch (DnsException e)
        {
            Unless(e.Error == DnsError.BadResponse, "a broken answer is called one");
        }
    }

    private static void Keep(byte[] message)
    {
        byte[] aged = [.. message];
        DnsTtl.Age(aged, 10, 0);
        Unless(aged.Length == message.Length, "age changes no length");
        if (!DnsCacheKey.TryCreate(s_query, out DnsCacheKey key) || DnsAnswerCheck.Fault(s_query, message) is not null)
        {
            return;
        }

        DnsCache cache = new(new DnsCacheOptions { Capacity = 1 });
        cache.Add(key, message);
        if (cache.Find(key, s_query) is { } kept)
        {
            Unless(DnsAnswerCheck.Fault(s_query, kept) is null, "what is kept answers the query");
            Unless(DnsTtl.Of(message).Seconds > 0, "only what may be kept is kept");
        }
    }

    private static void Answer(byte[] message)
    {
        if (!DnsHeaderIsWhole(message))
        {
            return;
        }

        byte[] reply = DnsReply.Empty(message, DnsRcode.ServerFailure);
        Unless(reply.Length <= message.Length && (reply[2] & 0x80) != 0, "a reply is no longer than what it replies to, and is one");
        Unless(!DnsAnswerCheck.TryReadQuery(message, out _) || DnsAnswerCheck.Fault(message, reply) is null, "a reply answers the query");
        Unless(DnsReply.FitForUdp(message, new byte[600]).Length is 600 or <= 512, "what does not fit is cut");
    }

    private static void Serve(byte[] said, int piece)
    {
        DnsSplitter splitter = new(
            DnsZones.TryParse("example", out DnsZones? zones, out _) ? zones : null!, static () => [], new Echo(), new Echo(), TimeProvider.System);
        using DnsServerConnection connection = new(splitter, new HostPort("dns.example", 53), TimeProvider.System);
        Task<int> answered = ReadAllAsync(connection);
        try
        {
            for (int at = 0; at < said.Length; at += piece)
            {
                piece = Math.Min(piece, said.Length - at);
                Task write = connection.WriteAsync(said.AsMemory(at, piece)).AsTask();
                Unless(write.IsCompleted, "nobody waits for room with a reader who keeps up");
                write.GetAwaiter().GetResult();
            }
        }
        catch (IOException)
        {
            // What was no query has ended the stream.
        }

        connection.CloseWriteAsync().AsTask().GetAwaiter().GetResult();
        Unless(answered.IsCompletedSuccessfully && answered.Result <= said.Length * 2, "every query is answered, and nothing else");
    }

    private static async Task<int> ReadAllAsync(DnsServerConnection connection)
    {
        byte[] room = new byte[512];
        int total = 0;
        int read;
        while ((read = await connection.ReadAsync(room)) > 0)
        {
            total += read;
        }

        return total;
    }

    private static void Post(byte[] said, int piece)
    {
        SayingEndpoint server = new(said, piece);
        DnsHttpsTransport transport = new(server, new HostPort("dns.example", 443));
        Task<byte[]> exchange = transport.ExchangeAsync(s_query).AsTask();
        Unless(exchange.IsCompleted, "a server that says all it has to say is judged at once");
        try
        {
            Unless(DnsAnswerCheck.Fault(s_query, exchange.GetAwaiter().GetResult()) is null, "only an answer is taken for one");
        }
        catch (DnsException e)
        {
            Unless(e.Message.Length > 0, "a failure has a reason");
            Unless(server.Opened - server.Ended <= 1, "no more than a connection to use again is left");
        }
    }

    private static bool DnsHeaderIsWhole(byte[] message) => message.Length >= 12;

    private sealed class Echo : IDnsTransport
    {
        public ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default) =>
            new(DnsReply.Empty(query.Span, DnsRcode.NoError));
    }
}
