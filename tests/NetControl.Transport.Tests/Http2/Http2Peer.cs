using System.Buffers.Binary;
using System.Text;
using NetControl.Testing.Proxies;
using NetControl.Transport.Http2;
using NetControl.Transport.Http2.Hpack;

namespace NetControl.Transport.Tests.Http2;

/// <summary>The server's side of an HTTP/2 connection, frame by frame, for scripts.</summary>
internal sealed class Http2Peer(Func<int, Task<byte[]>> read, Func<byte[], Task> write) : IHpackHandler
{
    private readonly HpackDecoder _decoder = new();

    public Http2Peer(ScriptedConnection connection)
        : this(connection.ReadAsync, bytes => connection.WriteAsync(bytes))
    {
    }

    public Http2Peer(Stream stream)
        : this(length => ReadAsync(stream, length), bytes => stream.WriteAsync(bytes).AsTask())
    {
    }

    /// <summary>The fields of the last request, <c>name: value</c>.</summary>
    public List<string> Request { get; } = [];

    /// <summary>Reads the client's preface and says our settings, pairs of identifier and value.</summary>
    public async Task<byte[]> GreetAsync(params (int Id, int Value)[] settings)
    {
        byte[] preface = await read(24);
        if (!preface.AsSpan().SequenceEqual("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8))
        {
            throw new InvalidDataException("no preface: " + Encoding.Latin1.GetString(preface));
        }

        byte[] first = await NextAsync(Http2FrameType.Settings);
        byte[] payload = new byte[6 * settings.Length];
        for (int i = 0; i < settings.Length; i++)
        {
            BinaryPrimitives.WriteInt16BigEndian(payload.AsSpan(6 * i), (short)settings[i].Id);
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan((6 * i) + 2), settings[i].Value);
        }

        await SendAsync(Http2FrameType.Settings, Http2FrameFlags.None, 0, payload);
        await SendAsync(Http2FrameType.Settings, Http2FrameFlags.Ack, 0);
        return first;
    }

    /// <summary>Reads a frame.</summary>
    public async Task<(Http2FrameHeader Header, byte[] Payload)> ReadAsync()
    {
        Http2FrameHeader header = Http2FrameHeader.Read(await read(Http2FrameHeader.Size));
        return (header, await read(header.Length));
    }

    /// <summary>Reads on until a frame of a type comes, for a stream if that matters.</summary>
    public async Task<byte[]> NextAsync(Http2FrameType type, int stream = -1)
    {
        while (true)
        {
            (Http2FrameHeader header, byte[] payload) = await ReadAsync();
            if (header.Type == type && (stream < 0 || stream == header.StreamId))
            {
                return payload;
            }
        }
    }

    /// <summary>Reads on until a request comes.</summary>
    public async Task<int> RequestAsync()
    {
        while (true)
        {
            (Http2FrameHeader header, byte[] payload) = await ReadAsync();
            if (header.Type == Http2FrameType.Headers)
            {
                Request.Clear();
                Assert.Null(_decoder.Decode(payload, this));
                Assert.Equal(Http2FrameFlags.EndHeaders, header.Flags);
                return header.StreamId;
            }
        }
    }

    /// <summary>Reads payload of a stream until there is so much.</summary>
    public async Task<byte[]> DataAsync(int stream, int length)
    {
        using var data = new MemoryStream();
        while (data.Length < length)
        {
            data.Write(await NextAsync(Http2FrameType.Data, stream));
        }

        return data.ToArray();
    }

    public Task SendAsync(Http2FrameType type, Http2FrameFlags flags, int stream, params byte[] payload)
    {
        byte[] frame = new byte[Http2FrameHeader.Size + payload.Length];
        new Http2FrameHeader(payload.Length, type, flags, stream).Write(frame);
        payload.CopyTo(frame.AsSpan(Http2FrameHeader.Size));
        return write(frame);
    }

    /// <summary>Answers a request with a status and further fields.</summary>
    public Task AnswerAsync(int stream, int status, Http2FrameFlags flags = Http2FrameFlags.None, params (string Name, string Value)[] fields)
    {
        byte[] block = new byte[1024];
        int at = HpackEncoder.Write(block, ":status"u8, Encoding.ASCII.GetBytes($"{status}"));
        foreach ((string name, string value) in fields)
        {
            at += HpackEncoder.Write(block.AsSpan(at), Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        }

        return SendAsync(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | flags, stream, block[..at]);
    }

    public Task WindowAsync(int stream, int increment) => SendAsync(Http2FrameType.WindowUpdate, Http2FrameFlags.None, stream, Int(increment));

    public Task ResetAsync(int stream, Http2ErrorCode code) => SendAsync(Http2FrameType.RstStream, Http2FrameFlags.None, stream, Int((int)code));

    public Task GoAwayAsync(int last, Http2ErrorCode code = Http2ErrorCode.NoError) =>
        SendAsync(Http2FrameType.GoAway, Http2FrameFlags.None, 0, [.. Int(last), .. Int((int)code)]);

    /// <summary>Waits for the client's farewell and returns what it says.</summary>
    public async Task<Http2ErrorCode> FarewellAsync() =>
        (Http2ErrorCode)BinaryPrimitives.ReadInt32BigEndian((await NextAsync(Http2FrameType.GoAway)).AsSpan(4));

    public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Request.Add($"{Encoding.ASCII.GetString(name)}: {Encoding.ASCII.GetString(value)}");

    private static async Task<byte[]> ReadAsync(Stream stream, int length)
    {
        byte[] bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }

    public static byte[] Int(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
