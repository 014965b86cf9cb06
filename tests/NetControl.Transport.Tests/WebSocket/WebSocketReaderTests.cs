using System.Buffers.Binary;
using NetControl.Transport.WebSocket;

namespace NetControl.Transport.Tests.WebSocket;

public sealed class WebSocketReaderTests
{
    [Fact]
    public void Next_AnyFramesInAnyPieces_GivesTheMessagesAndThePings()
    {
        var random = new Random(11);
        for (int round = 0; round < 300; round++)
        {
            List<byte[]> messages = [];
            List<byte[]> pings = [];
            using var wire = new MemoryStream();
            for (int i = 0; i < 5; i++)
            {
                byte[] message = Bytes(random, random.Next(4) switch { 0 => 0, 1 => random.Next(126), 2 => random.Next(66_000), _ => random.Next(300) });
                messages.Add(message);
                int parts = random.Next(1, 4);
                for (int part = 0, at = 0; part < parts; part++)
                {
                    int count = part == parts - 1 ? message.Length - at : random.Next(message.Length - at + 1);
                    Frame(wire, part == 0 ? WebSocketOpcode.Binary : WebSocketOpcode.Continuation, part == parts - 1, message.AsSpan(at, count));
                    at += count;
                    if (random.Next(3) == 0)
                    {
                        byte[] ping = Bytes(random, random.Next(126));
                        pings.Add(ping);
                        Frame(wire, WebSocketOpcode.Ping, true, ping);
                        Frame(wire, WebSocketOpcode.Pong, true, ping);
                    }
                }
            }

            Frame(wire, WebSocketOpcode.Close, true, [3, 232, 1, 2]);
            wire.Write([0xFF, 0xFF]);
            Check(wire.ToArray(), messages, pings, random);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x81, 1, 65 }, WebSocketCloseCode.UnsupportedData, "text message")]
    [InlineData(new byte[] { 0xC2, 0 }, WebSocketCloseCode.ProtocolError, "extension")]
    [InlineData(new byte[] { 0x82, 0x80, 0, 0, 0, 0 }, WebSocketCloseCode.ProtocolError, "masked")]
    [InlineData(new byte[] { 0x80, 0 }, WebSocketCloseCode.ProtocolError, "continuation of nothing")]
    [InlineData(new byte[] { 0x02, 0, 0x82, 0 }, WebSocketCloseCode.ProtocolError, "inside another")]
    [InlineData(new byte[] { 0x09, 0 }, WebSocketCloseCode.ProtocolError, "frame of control")]
    [InlineData(new byte[] { 0x89, 126, 0, 126 }, WebSocketCloseCode.ProtocolError, "frame of control")]
    [InlineData(new byte[] { 0x83, 0 }, WebSocketCloseCode.ProtocolError, "unknown kind")]
    [InlineData(new byte[] { 0x8B, 0 }, WebSocketCloseCode.ProtocolError, "unknown kind")]
    [InlineData(new byte[] { 0x88, 1, 3 }, WebSocketCloseCode.ProtocolError, "half a reason")]
    [InlineData(new byte[] { 0x82, 126, 0, 125 }, WebSocketCloseCode.ProtocolError, "length")]
    [InlineData(new byte[] { 0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF }, WebSocketCloseCode.ProtocolError, "length")]
    [InlineData(new byte[] { 0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0 }, WebSocketCloseCode.ProtocolError, "length")]
    public void Next_AgainstTheRules_SaysWhat(byte[] wire, WebSocketCloseCode code, string text)
    {
        var reader = new WebSocketReader();
        WebSocketStreamException error = Assert.Throws<WebSocketStreamException>(() =>
        {
            ReadOnlySpan<byte> input = wire;
            while (reader.Next(ref input, out _) != WebSocketToken.More)
            {
            }
        });
        Assert.Equal(code, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void Frame_OfOurs_IsMaskedAndSaysItsLength(int length)
    {
        byte[] payload = Bytes(new Random(length), length);
        byte[] frame = new byte[length + WebSocketFrame.MaxHeader];
        int written = WebSocketFrame.Write(frame, WebSocketOpcode.Binary, payload);
        int header = WebSocketFrame.HeaderLength(length);
        Assert.Equal(header + length, written);
        Assert.Equal((0x82, 0x80), (frame[0], frame[1] & 0x80));
        byte[] mask = frame[(header - 4)..header];
        Assert.Equal(payload, frame[header..written].Select((b, i) => (byte)(b ^ mask[i % 4])));
    }

    [Fact]
    public void Mask_AnyLengthAndOffset_IsTheExclusiveOr()
    {
        var random = new Random(5);
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = Bytes(random, random.Next(200));
            byte[] key = Bytes(random, 4);
            int offset = random.Next(100);
            byte[] masked = new byte[bytes.Length + 1];
            WebSocketMask.Apply(bytes, masked, BitConverter.ToUInt32(key), offset);
            Assert.Equal(bytes.Select((b, i) => (byte)(b ^ key[(i + offset) % 4])), masked[..bytes.Length]);
        }
    }

    [Fact]
    public void Accept_OfTheStandardsExample_IsTheStandards()
    {
        byte[] answer = new byte[28];
        WebSocketHandshake.Accept("dGhlIHNhbXBsZSBub25jZQ=="u8, answer);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="u8.ToArray(), answer);
    }

    internal static void Frame(Stream to, WebSocketOpcode opcode, bool final, ReadOnlySpan<byte> payload)
    {
        Span<byte> header = stackalloc byte[10];
        header[0] = (byte)((final ? 0x80 : 0) | (byte)opcode);
        int length = 2;
        if (payload.Length < 126)
        {
            header[1] = (byte)payload.Length;
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            header[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)payload.Length);
            length = 4;
        }
        else
        {
            header[1] = 127;
            BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)payload.Length);
            length = 10;
        }

        to.Write(header[..length]);
        to.Write(payload);
    }

    private static void Check(byte[] wire, List<byte[]> messages, List<byte[]> pings, Random random)
    {
        var reader = new WebSocketReader();
        List<byte[]> seen = [];
        List<byte[]> pinged = [];
        using var message = new MemoryStream();
        bool closed = false;
        for (int at = 0; at < wire.Length;)
        {
            int count = Math.Min(wire.Length - at, random.Next(4) == 0 ? 1 : random.Next(1, 5000));
            ReadOnlySpan<byte> input = wire.AsSpan(at, count);
            at += count;
            for (WebSocketToken token; (token = reader.Next(ref input, out ReadOnlySpan<byte> payload)) != WebSocketToken.More;)
            {
                switch (token)
                {
                    case WebSocketToken.Payload:
                        message.Write(payload);
                        break;
                    case WebSocketToken.MessageEnd:
                        seen.Add(message.ToArray());
                        message.SetLength(0);
                        break;
                    case WebSocketToken.Ping:
                        pinged.Add(reader.Control.ToArray());
                        break;
                    case WebSocketToken.Close:
                        closed = true;
                        Assert.Equal(WebSocketCloseCode.Normal, reader.CloseCode);
                        break;
                }
            }

            Assert.True(input.IsEmpty);
        }

        Assert.True(closed);
        Assert.Equal(messages, seen);
        Assert.Equal(pings, pinged);
    }

    private static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
