using NetControl.Network;
using NetControl.Transport.Tests.Socks5;
using NetControl.Transport.TlsFrag;

namespace NetControl.Transport.Tests.TlsFrag;

/// <summary>How the first record is cut. Rows: writes of the application and writes that come out, as hexadecimal, separated by bars.</summary>
public sealed class TlsFragStreamDialerTests
{
    private const string Hello = "16030100 10 00010203040506 0708090a0b0c0d0e0f";
    private const string Cut7 = "16030100 07 00010203040506|16030100 09 0708090a0b0c0d0e0f";
    private static readonly HostPort Destination = HostPort.Parse("server.example:443");

    [Theory]
    [InlineData(7, Hello, Cut7)]
    [InlineData(-9, Hello, Cut7)]
    [InlineData(7, Hello + "aabb", Cut7 + "aabb")]
    [InlineData(7, "||" + Hello + "||aa||bb", Cut7 + "|aa|bb")]
    [InlineData(1, Hello, "16030100 01 00|16030100 0f 010203040506 0708090a0b0c0d0e0f")]
    [InlineData(-1, Hello, "16030100 0f 00010203040506 0708090a0b0c0d0e|16030100 01 0f")]
    [InlineData(16, Hello, Hello)]
    [InlineData(-16, Hello, Hello)]
    [InlineData(17, Hello, Hello)]
    [InlineData(-17, Hello, Hello)]
    [InlineData(int.MinValue + 1, Hello, Hello)]
    [InlineData(int.MaxValue, Hello, Hello)]
    [InlineData(2, "17030300 04 00010203", "17030300 04 00010203")]
    [InlineData(2, "14030300 01 01", "14030300 01 01")]
    [InlineData(1, "16030500 04 00010203", "16030500 04 00010203")]
    [InlineData(1, "16020100 04 00010203", "16020100 04 00010203")]
    [InlineData(1, "16030100 00 00010203", "16030100 00 00010203")]
    [InlineData(1, "16030140 01 00010203", "16030140 01 00010203")]
    [InlineData(1, "17|03|03|00|01|05", "17|03|03|00|01|05")]
    [InlineData(1, "16|03|09|00|01|05", "160309|00|01|05")]
    [InlineData(7, "16030100", "")]
    [InlineData(7, "16030100 10", "16030100 07")]
    [InlineData(7, "16030100 10 0001", "16030100 07 0001")]
    [InlineData(7, "16030100 10 00010203040506", "16030100 07 00010203040506|16030100 09")]
    [InlineData(7, "16030100 10 00010203040506 07", "16030100 07 00010203040506|16030100 09 07")]
    [InlineData(2, "16|03|01|00|04|00|01|02|03|04", "16030100 02|00|01|16030100 02|02|03|04")]
    [InlineData(2, "16030100 04 00010203|16030100 04 00010203", "16030100 02 0001|16030100 02 0203|16030100 04 00010203")]
    public async Task Write_FixedLength_CutsTheFirstHelloOnly(int length, string writes, string expected)
    {
        var memory = new MemoryStreamConnection([]);
        IStreamConnection connection = await new TlsFragStreamDialer(new GivenDialer(memory), length).DialAsync(Destination);
        await WriteAsync(connection, writes);
        Assert.Equal(Clean(expected), Shown(memory));
    }

    [Theory]
    [InlineData(Hello, "16030100 07 00010203040506 16030100 09 0708090a0b0c0d0e0f")]
    [InlineData("1603|0100|10000102030405|06 0708090a0b0c0d0e0f aabb|cc", "16030100 07 00010203040506 16030100 09 0708090a0b0c0d0e0f|aabb|cc")]
    [InlineData("16030100 05 0001020304", "16030100 05 0001020304")]
    [InlineData("17030300 04 00010203", "17030300 04 00010203")]
    [InlineData("16030500 04 00010203", "16030500 04 00010203")]
    [InlineData("16030300 00 00010203", "16030300 00 00010203")]
    [InlineData("16030100 10 0001", "")]
    public async Task Write_Function_SeesTheWholeContentAndEmitsOnce(string writes, string expected)
    {
        var memory = new MemoryStreamConnection([]);
        byte[]? seen = null;
        var dialer = new TlsFragStreamDialer(new GivenDialer(memory), content =>
        {
            seen = content.ToArray();
            return 7;
        });
        await WriteAsync(await dialer.DialAsync(Destination), writes);
        Assert.Equal(Clean(expected), Shown(memory));
        Assert.True(seen is null || seen.SequenceEqual(Enumerable.Range(0, seen.Length).Select(static i => (byte)i)));
    }

    [Theory]
    [InlineData(7, "160301", "160301")]
    [InlineData(7, "16030100 10 0001", "16030100 07 0001")]
    [InlineData(0, "160301", "160301")]
    [InlineData(0, "16030100 10 0001", "16030100 10 0001")]
    public async Task CloseWrite_HelloNeverWhole_SendsWhatWasHeld(int length, string writes, string expected)
    {
        var memory = new MemoryStreamConnection([]);
        TlsFragStreamDialer dialer = length == 0
            ? new TlsFragStreamDialer(new GivenDialer(memory), static _ => 1)
            : new TlsFragStreamDialer(new GivenDialer(memory), length);
        IStreamConnection connection = await dialer.DialAsync(Destination);
        await WriteAsync(connection, writes);
        await connection.CloseWriteAsync();
        Assert.Equal(Clean(expected), Shown(memory));
    }

    [Fact]
    public async Task Write_EveryCutPoint_GivesTheSameBytes()
    {
        byte[] input = [.. Convert.FromHexString(Clean(Hello)), 1, 2, 3];
        foreach (int length in new[] { 1, 7, 15, 16, -1, -9 })
        {
            string? whole = null;
            for (int first = 0; first <= input.Length; first++)
            {
                for (int second = first; second <= input.Length; second++)
                {
                    var memory = new MemoryStreamConnection([]);
                    IStreamConnection connection = await new TlsFragStreamDialer(new GivenDialer(memory), length).DialAsync(Destination);
                    await connection.WriteAsync(input.AsMemory(0, first));
                    await connection.WriteAsync(input.AsMemory(first, second - first));
                    await connection.WriteAsync(input.AsMemory(second));
                    await connection.WriteAsync(new byte[] { 9 });
                    Assert.Equal([9], memory.Writes[^1]);
                    whole ??= Convert.ToHexString([.. memory.Writes.SelectMany(static write => write)]);
                    Assert.Equal(whole, Convert.ToHexString([.. memory.Writes.SelectMany(static write => write)]));
                    Assert.Same(memory, ((IPassingConnection)connection).Beneath);
                }
            }
        }
    }

    [Fact]
    public async Task Dial_Nested_GivesFourFragmentsInOrder()
    {
        var memory = new MemoryStreamConnection([]);
        IStreamDialer dialer = new TlsFragStreamDialer(new TlsFragStreamDialer(new TlsFragStreamDialer(new GivenDialer(memory), 3), 8), -3);
        IStreamConnection connection = await dialer.DialAsync(Destination);
        byte[] hello = [0x16, 3, 1, 0, 19, .. Enumerable.Range(0, 19).Select(static i => (byte)i)];
        await connection.WriteAsync(hello);
        byte[] all = [.. memory.Writes.SelectMany(static write => write)];
        List<int> lengths = [];
        List<byte> content = [];
        for (int at = 0; at < all.Length; at += 5 + lengths[^1])
        {
            Assert.Equal(0x16, all[at]);
            lengths.Add(all[at + 4]);
            content.AddRange(all.AsSpan(at + 5, lengths[^1]));
        }

        Assert.Equal([3, 5, 8, 3], lengths);
        Assert.Equal(hello[5..], content);
    }

    [Fact]
    public async Task Dial_Zero_GivesTheConnectionItself()
    {
        var memory = new MemoryStreamConnection([]);
        Assert.Same(memory, await new TlsFragStreamDialer(new GivenDialer(memory), 0).DialAsync(Destination));
    }

    [Fact]
    public void Constructor_WithoutDialerOrFunction_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => new TlsFragStreamDialer(null!, 1));
        Assert.Throws<ArgumentNullException>(() => new TlsFragStreamDialer(new GivenDialer(), null!));
    }

    private static async Task WriteAsync(IStreamConnection connection, string writes)
    {
        foreach (string write in Clean(writes).Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            await connection.WriteAsync(ReadOnlyMemory<byte>.Empty);
            await connection.WriteAsync(Convert.FromHexString(write));
        }
    }

    private static string Clean(string hex) => hex.Replace(" ", "", StringComparison.Ordinal);

    private static string Shown(MemoryStreamConnection memory) =>
        string.Join('|', memory.Writes.Where(static write => write.Length > 0).Select(Convert.ToHexStringLower));
}
