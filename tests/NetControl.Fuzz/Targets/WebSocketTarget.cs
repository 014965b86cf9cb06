using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Transport.WebSocket;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>A WebSocket server that says anything: it means the same in whatever pieces it comes, or breaks the rules in all of them.</summary>
/// <remarks>The first byte says how large the pieces are; the rest is what the server says.</remarks>
internal sealed class WebSocketTarget : IFuzzTarget
{
    public IEnumerable<(string Name, byte[] Input)> Seeds() =>
    [
        ("message", [0, 0x82, 3, 1, 2, 3]),
        ("fragments", [1, 0x02, 1, 1, 0x89, 2, 7, 8, 0x00, 0, 0x80, 2, 2, 3]),
        ("medium", [3, 0x82, 126, 0, 126, .. new byte[126]]),
        ("long", [0, 0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3]),
        ("close", [0, 0x82, 1, 1, 0x88, 2, 3, 232]),
        ("close-reason", [2, 0x88, 5, 3, 243, 97, 98, 99, 1]),
        ("pong", [0, 0x8A, 0, 0x82, 0]),
        ("text", [0, 0x81, 1, 65]),
        ("masked", [0, 0x82, 0x81, 1, 2, 3, 4, 5]),
        ("no-websocket", [0, .. "HTTP/1.1 404 Not Found\r\n\r\n"u8]),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        byte[] said = input[1..].ToArray();
        int most = input[0] == 0 ? int.MaxValue : input[0];
        List<string> whole = Read(said, int.MaxValue);
        Unless(whole.SequenceEqual(Read(said, most)), "frames mean the same in whatever pieces they come");

        SayingEndpoint server = new(said, most);
        using WebSocketStreamConnection stream = new(server.ConnectAsync().AsTask().GetAwaiter().GetResult());
        try
        {
            Unless(SayingEndpoint.Drain(stream).Length <= said.Length, "a stream gives no more than was said");
        }
        catch (IOException e)
        {
            Unless(e.Message.Length > 0, "a failure has a reason");
        }

        Dial(said, most);
    }

    private static void Dial(byte[] said, int most)
    {
        SayingEndpoint server = new(said, most);
        Task<IStreamConnection> dial = new WebSocketStreamDialer(new Dialer(server), "/").DialAsync(new HostPort("example.org", 80)).AsTask();
        Unless(dial.IsCompleted, "a server that says all it has to say is judged at once");
        Unless(dial.Exception?.InnerException is WebSocketHandshakeException { Message.Length: > 0 }, "who does not know the key opens no WebSocket");
        Unless(server.Opened == server.Ended, "a failed dial leaves no connection behind");
    }

    private static List<string> Read(byte[] said, int most)
    {
        List<string> tokens = [];
        WebSocketReader reader = new();
        List<byte> message = [];
        try
        {
            for (int at = 0; at < said.Length;)
            {
                int count = Math.Min(most, said.Length - at);
                ReadOnlySpan<byte> input = said.AsSpan(at, count);
                at += count;
                WebSocketToken token;
                while ((token = reader.Next(ref input, out ReadOnlySpan<byte> payload)) != WebSocketToken.More)
                {
                    message.AddRange(payload);
                    if (token != WebSocketToken.Payload)
                    {
                        tokens.Add($"{token} {reader.CloseCode} {(token == WebSocketToken.Ping ? Convert.ToHexString(reader.Control) : "")} {message.Count}");
                    }
                }

                Unless(input.IsEmpty, "what has come is taken");
            }
        }
        catch (WebSocketStreamException e)
        {
            tokens.Add(e.Message);
        }

        return tokens;
    }

    private sealed class Dialer(SayingEndpoint server) : IStreamDialer
    {
        public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
            server.ConnectAsync(cancellationToken);
    }
}
