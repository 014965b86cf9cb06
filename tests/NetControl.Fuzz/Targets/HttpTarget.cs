using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Transport.Http2.Hpack;
using NetControl.Transport.HttpConnect;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>An HTTP proxy that says anything, in pieces of any size: by HTTP/1.1, by HTTP/2, or as a header block.</summary>
/// <remarks>The first byte says which, the second how large the pieces are; the rest is what the proxy says.</remarks>
internal sealed class HttpTarget : IFuzzTarget
{
    private static readonly byte[] s_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    public IEnumerable<(string Name, byte[] Input)> Seeds() =>
    [
        ("h1-yes", [0, 0, .. "HTTP/1.1 200 Connection established\r\n\r\npayload"u8]),
        ("h1-fields", [0, 3, .. "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nVia: a\r\n\r\n"u8]),
        ("h1-continue", [0, 1, .. "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 502 Bad\r\n\r\n"u8]),
        ("h1-cut", [0, 0, .. "HTTP/1.1 200 OK\r\nA"u8]),
        ("h1-bare", [0, 0, .. "HTTP/1.1 200 OK\n\n"u8]),
        ("h2-yes", [1, 0, .. s_settings, 0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88, 0, 0, 2, 0, 1, 0, 0, 0, 1, 104, 105]),
        ("h2-trailers", [1, 5, .. s_settings, 0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88, 0, 0, 5, 1, 5, 0, 0, 0, 1, 0, 1, 97, 1, 98]),
        ("h2-continuation", [1, 0, .. s_settings, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0x08, 0, 0, 4, 9, 4, 0, 0, 0, 1, 3, 50, 48, 48]),
        ("h2-window", [1, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
        ("h2-ping", [1, 0, .. s_settings, 0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("h2-goaway", [1, 0, .. s_settings, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("h2-reset", [1, 0, .. s_settings, 0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88, 0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]),
        ("hpack", [2, 0, 0x88, 0x61, 0x96, 0xd0, 0x7a, 0xbe, 0x94, 0x10, 0x54, 0xd4, 0x44, 0xa8, 0x20, 0x05, 0x95, 0x04, 0x0b, 0x81, 0x66, 0xe0, 0x84]),
        ("hpack-resize", [2, 0, 0x20, 0x3f, 0xe1, 0x1f, 0x40, 1, 97, 1, 98, 0xbe]),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
        {
            return;
        }

        byte[] said = input[2..].ToArray();
        int most = input[1] == 0 ? int.MaxValue : input[1];
        switch (input[0] % 3)
        {
            case 0:
                RunHttp1(said, most);
                break;
            case 1:
                RunHttp2(said, most);
                break;
            default:
                RunHpack(said);
                break;
        }
    }

    private static void RunHttp1(byte[] said, int most)
    {
        SayingEndpoint proxy = new(said, most);
        Task<IStreamConnection> dial = new Http1ConnectDialer(proxy).DialAsync(new HostPort("example.org", 443)).AsTask();
        Unless(dial.IsCompleted, "a proxy that says all it has to say is judged at once");
        try
        {
            using IStreamConnection connection = dial.GetAwaiter().GetResult();
            Unless(said.AsSpan().StartsWith("HTTP/1."u8), "only a proxy that speaks HTTP/1.1 is believed");
            byte[] rest = SayingEndpoint.Drain(connection);
            Unless(said.AsSpan().EndsWith(rest), "what follows the answer is the stream's");
            Unless(said.AsSpan(0, said.Length - rest.Length).EndsWith("\r\n\r\n"u8), "the answer is taken to its end, and no further");
        }
        catch (DialException e)
        {
            Unless(e.Message.Length > 0 && proxy.Opened == proxy.Ended, "a failed dial has a reason, and leaves no connection behind");
        }
    }

    private static void RunHttp2(byte[] said, int most)
    {
        SayingEndpoint proxy = new(said, most);
        Http2ConnectDialer dialer = new(proxy, currentLoop: static () => "loop");
        Task<IStreamConnection> dial = dialer.DialAsync(new HostPort("example.org", 443)).AsTask();
        Unless(dial.IsCompleted, "a proxy that says all it has to say is judged at once");
        try
        {
            using IStreamConnection tunnel = dial.GetAwaiter().GetResult();
            Unless(SayingEndpoint.Drain(tunnel).Length <= said.Length, "a tunnel gives no more than was said");
        }
        catch (Exception e) when (e is DialException or IOException)
        {
            Unless(e.Message.Length > 0, "a failure has a reason");
        }

        Unless(proxy.Opened == proxy.Ended, "a connection that has ended is left behind by nobody");
    }

    private static void RunHpack(byte[] said)
    {
        HpackDecoder decoder = new(256, 4096);
        Counter counter = new();
        string? first = decoder.Decode(said, counter);
        Unless(counter.Size <= 4096, "fields stay within the limit of a list");
        Unless(decoder.Table.Size <= decoder.Table.MaxSize && decoder.Table.MaxSize <= 256, "the table stays within its size");
        if (first is null)
        {
            _ = decoder.Decode(said, new Counter());
            Unless(decoder.Table.Size <= 256, "the table stays within its size");
        }
    }

    private sealed class Counter : IHpackHandler
    {
        public int Size { get; private set; }

        public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Size += HpackEntry.SizeOf(name.Length, value.Length);
    }
}
