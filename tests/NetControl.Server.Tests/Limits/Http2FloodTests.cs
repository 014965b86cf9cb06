using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using NetControl.Protocol.V1;
using NetControl.Server.Tests.Security;

namespace NetControl.Server.Tests.Limits;

/// <summary>Floods of HTTP/2's own frames, written by hand: whoever sends them loses the connection or waits, and nobody else does.</summary>
public sealed class Http2FloodTests
{
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte Continuation = 9;
    private const byte EndHeaders = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task HeadersThatGoOnForEver_CloseTheConnection()
    {
        await using SecureServer server = await StartAsync();
        using NetworkStream stream = await OpenAsync(server);
        byte[] piece = Frame(Continuation, 0, 1, Literal("x-padding", new string('a', 8000)));
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await stream.WriteAsync(Frame(Headers, 0, 1, Request())).AsTask().WaitAsync(s_patience);

            // 80 MB, if anybody took them.
            for (int i = 0; i < 10_000; i++)
            {
                await stream.WriteAsync(piece).AsTask().WaitAsync(s_patience);
            }
        });
        await ExpectServedAsync(server);
    }

    [Fact]
    public async Task StreamsThatAreOpenedAndReset_CloseTheConnection_AndOthersAreServed()
    {
        await using SecureServer server = await StartAsync();
        using NetworkStream stream = await OpenAsync(server);
        byte[] reset = [0, 0, 0, 8]; // CANCEL
        Task flood = Task.Run(async () =>
        {
            for (int id = 1; id < 200_000; id += 2)
            {
                await stream.WriteAsync((byte[])[.. Frame(Headers, EndHeaders, id, Request()), .. Frame(ResetStream, 0, id, reset)]);
            }
        });
        await ExpectServedAsync(server);

        // ENHANCE_YOUR_CALM, and the end; what could not be written any more says the same.
        uint code = await ReadGoAwayAsync(stream);
        Assert.True(code is 0xB or uint.MaxValue, $"GOAWAY {code:x}");
        await Assert.ThrowsAnyAsync<IOException>(() => flood.WaitAsync(s_patience));
        await ExpectServedAsync(server);
    }

    [Fact]
    public async Task SettingsThatNobodyReadsTheAnswersOf_AreNotKept_AndOthersAreServed()
    {
        await using SecureServer server = await StartAsync();
        using NetworkStream stream = await OpenAsync(server);
        byte[] many = [.. Enumerable.Repeat(Frame(Settings, 0, 0, [0, 3, 0, 0, 0, 100]), 1000).SelectMany(frame => frame)];
        using CancellationTokenSource enough = new();
        long written = 0;
        Task flood = Task.Run(async () =>
        {
            // An acknowledgement of nine bytes for each fifteen: where these are not read, neither is what asks for more.
            while (written < 256 << 20)
            {
                await stream.WriteAsync(many, enough.Token);
                Interlocked.Add(ref written, many.Length);
            }
        });
        long before = -1;
        while (!flood.IsCompleted && before != Volatile.Read(ref written))
        {
            before = Volatile.Read(ref written);
            await ExpectServedAsync(server);
            await Task.WhenAny(flood, Task.Delay(500));
        }

        Assert.True(Volatile.Read(ref written) < 256 << 20, $"{written} bytes were taken");
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => flood.WaitAsync(s_patience));
        await ExpectServedAsync(server);
    }

    private static Task<SecureServer> StartAsync() => SecureServer.StartAsync("listen: {grpc: [\"http://127.0.0.1:0\"], http: off}");

    private static async Task ExpectServedAsync(SecureServer server) => await new InfoService.InfoServiceClient(server.Connect())
        .GetServerInfoAsync(new GetServerInfoRequest(), deadline: DateTime.UtcNow + s_patience);

    private static async Task<NetworkStream> OpenAsync(SecureServer server)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", new Uri(server.Urls[0]).Port);
        NetworkStream stream = new(socket, ownsSocket: true);
        await stream.WriteAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])]);
        return stream;
    }

    // The error code; the largest number where the connection was closed without one.
    private static async Task<uint> ReadGoAwayAsync(NetworkStream stream)
    {
        using CancellationTokenSource patience = new(s_patience);
        byte[] header = new byte[9];
        byte[] body = new byte[1 << 14];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(header, patience.Token);
                int length = (header[0] << 16) | (header[1] << 8) | header[2];
                await stream.ReadExactlyAsync(body.AsMemory(0, length), patience.Token);
                if (header[3] == GoAway)
                {
                    return BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(4));
                }
            }
        }
        catch (IOException)
        {
            return uint.MaxValue;
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // HPACK (RFC 7541): :method POST and :scheme http by their numbers, the others in letters.
    private static byte[] Request() =>
    [
        0x83, 0x86, 0x04, .. Text("/netcontrol.v1.InfoService/GetServerInfo"), 0x01, .. Text("localhost"), .. Literal("content-type", "application/grpc"),
        .. Literal("te", "trailers"),
    ];

    private static byte[] Literal(string name, string value) => [0x00, .. Text(name), .. Text(value)];

    private static byte[] Text(string text)
    {
        List<byte> bytes = [];
        int length = text.Length;
        if (length < 127)
        {
            bytes.Add((byte)length);
        }
        else
        {
            bytes.Add(127);
            for (length -= 127; length >= 128; length >>= 7)
            {
                bytes.Add((byte)((length & 127) | 128));
            }

            bytes.Add((byte)length);
        }

        return [.. bytes, .. Encoding.ASCII.GetBytes(text)];
    }
}
