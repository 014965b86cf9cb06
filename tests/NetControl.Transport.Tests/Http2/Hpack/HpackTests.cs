using System.Text;
using NetControl.Transport.Http2.Hpack;

namespace NetControl.Transport.Tests.Http2.Hpack;

public sealed class HpackTests
{
    /// <summary>The standard's own examples: a response sequence with Huffman coding and a table of 256 bytes (appendix C.6).</summary>
    [Fact]
    public void Decode_ResponsesOfAppendixC6_KeepsTheTable()
    {
        var decoder = new HpackDecoder(256);
        Assert.Equal(
            [":status: 302", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT", "location: https://www.example.com"],
            Decode(decoder, "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3"));
        Assert.Equal((222, 4), (decoder.Table.Size, decoder.Table.Count));
        Assert.Equal(
            [":status: 307", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT", "location: https://www.example.com"],
            Decode(decoder, "4883 640e ffc1 c0bf"));
        Assert.Equal(222, decoder.Table.Size);
        Assert.Equal(
            [
                ":status: 200", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:22 GMT", "location: https://www.example.com",
                "content-encoding: gzip", "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ],
            Decode(decoder, """
                88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960
                d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07
                """));
        Assert.Equal((215, 3), (decoder.Table.Size, decoder.Table.Count));
    }

    /// <summary>The same without Huffman coding (appendix C.5).</summary>
    [Fact]
    public void Decode_ResponsesOfAppendixC5_KeepsTheTable()
    {
        var decoder = new HpackDecoder(256);
        Assert.Equal(4, Decode(decoder, """
            4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073
            3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d
            """).Count);
        Assert.Equal(":status: 307", Decode(decoder, "4803 3330 37c1 c0bf")[0]);
        Assert.Equal((222, 4), (decoder.Table.Size, decoder.Table.Count));
    }

    /// <summary>The requests with Huffman coding (appendix C.4).</summary>
    [Fact]
    public void Decode_RequestsOfAppendixC4_KeepsTheTable()
    {
        var decoder = new HpackDecoder();
        Assert.Equal(
            [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
            Decode(decoder, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"));
        Assert.Equal("cache-control: no-cache", Decode(decoder, "8286 84be 5886 a8eb 1064 9cbf")[4]);
        Assert.Equal("custom-key: custom-value", Decode(decoder, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf")[4]);
        Assert.Equal((164, 3), (decoder.Table.Size, decoder.Table.Count));
    }

    [Theory]
    [InlineData("80", "an index")]
    [InlineData("be", "an index")]
    [InlineData("ff8080808080", "an index")]
    [InlineData("ffffffffff7f", "an index")]
    [InlineData("7f", "an index")]
    [InlineData("00", "a string")]
    [InlineData("0005 6162", "a string")]
    [InlineData("0001 61ff", "a string")]
    [InlineData("0001 6184 ffffffff", "a string")]
    [InlineData("0001 6181 00", "a string")]
    [InlineData("3fe2 1f", "table's size")]
    [InlineData("8820", "table's size")]
    public void Decode_Malformed_SaysWhat(string block, string problem) =>
        Assert.Contains(problem, new HpackDecoder().Decode(Bytes(block), new Fields()), StringComparison.Ordinal);

    [Fact]
    public void Decode_BombOfIndexedFields_StopsAtTheListSize()
    {
        var decoder = new HpackDecoder(maxListSize: 16 << 10);
        byte[] name = new byte[4000 + 4];
        name[0] = 0x40;
        int at = 1 + HpackInteger.Write(name.AsSpan(1), 0, 7, 3990);
        name.AsSpan(at, 3990).Fill((byte)'a');
        byte[] bomb = [.. name[..(at + 3990)], 0, .. Enumerable.Repeat((byte)0xBE, 1000)];
        var fields = new Fields();
        Assert.Contains("header fields", decoder.Decode(bomb, fields), StringComparison.Ordinal);
        Assert.Equal(4, fields.Seen.Count);
    }

    [Fact]
    public void Table_EntryLargerThanIt_EmptiesItAndASmallerSizeEvicts()
    {
        var table = new HpackDynamicTable(100);
        table.Add("a"u8, "1"u8);
        table.Add("b"u8, "2"u8);
        Assert.Equal((2, 68), (table.Count, table.Size));
        Assert.True(table.TryResize(40));
        Assert.Equal("b"u8.ToArray(), table[0].Name);
        Assert.Equal((1, 34), (table.Count, table.Size));
        table.Add(new byte[50], "x"u8);
        Assert.Equal((0, 0), (table.Count, table.Size));
        Assert.False(table.TryResize(101));
    }

    [Fact]
    public void Table_AnySequence_HoldsTheNewestThatFit()
    {
        var random = new Random(7);
        var table = new HpackDynamicTable(512);
        List<byte[]> model = [];
        for (int i = 0; i < 5000; i++)
        {
            byte[] value = new byte[random.Next(0, 200)];
            random.NextBytes(value);
            table.Add("name"u8, value);
            model.Insert(0, value);
            while (model.Sum(entry => 36 + entry.Length) > table.MaxSize)
            {
                model.RemoveAt(model.Count - 1);
            }

            if (random.Next(10) == 0)
            {
                int size = random.Next(0, 513);
                Assert.True(table.TryResize(size));
                while (model.Sum(entry => 36 + entry.Length) > size)
                {
                    model.RemoveAt(model.Count - 1);
                }
            }

            Assert.Equal(model, Enumerable.Range(0, table.Count).Select(index => table[index].Value));
        }
    }

    [Theory]
    [InlineData(5, 10, "0a")]
    [InlineData(5, 1337, "1f9a0a")]
    [InlineData(8, 42, "2a")]
    [InlineData(7, 127, "7f00")]
    [InlineData(4, 15, "0f00")]
    public void Integer_OfAppendixC1_GoesBothWays(int prefix, int value, string bytes)
    {
        byte[] buffer = new byte[8];
        int length = HpackInteger.Write(buffer, 0, prefix, value);
        Assert.Equal(Bytes(bytes), buffer[..length]);
        ReadOnlySpan<byte> block = buffer.AsSpan(0, length);
        Assert.Equal(value, HpackInteger.Read(ref block, prefix));
        Assert.True(block.IsEmpty);
    }

    [Fact]
    public void Encode_Fields_DecodeToTheSame()
    {
        var random = new Random(3);
        byte[] buffer = new byte[8192];
        for (int i = 0; i < 500; i++)
        {
            string value = new([.. Enumerable.Range(0, random.Next(0, 500)).Select(_ => (char)random.Next(' ', '~'))]);
            int at = HpackEncoder.Write(buffer, HpackStaticTable.ProxyAuthorization, Encoding.ASCII.GetBytes(value), isSecret: true);
            at += HpackEncoder.Write(buffer.AsSpan(at), "x-tenant"u8, Encoding.ASCII.GetBytes(value));
            var decoder = new HpackDecoder();
            var fields = new Fields();
            Assert.Null(decoder.Decode(buffer.AsSpan(0, at), fields));
            Assert.Equal([$"proxy-authorization: {value}", $"x-tenant: {value}"], fields.Seen);
            Assert.Equal(0, decoder.Table.Count);
            Assert.Equal(0x10, buffer[0] & 0xF0);
        }
    }

    [Fact]
    public void Huffman_Lengths_AreACompleteCode() =>
        Assert.Equal(1L << 30, HpackHuffman.Lengths.ToArray().Sum(length => 1L << (30 - length)));

    private static List<string> Decode(HpackDecoder decoder, string block)
    {
        var fields = new Fields();
        Assert.Null(decoder.Decode(Bytes(block), fields));
        return fields.Seen;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(string.Concat(hex.Where(char.IsAsciiHexDigit)));

    private sealed class Fields : IHpackHandler
    {
        public List<string> Seen { get; } = [];

        public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
            Seen.Add($"{Encoding.ASCII.GetString(name)}: {Encoding.ASCII.GetString(value)}");
    }
}
