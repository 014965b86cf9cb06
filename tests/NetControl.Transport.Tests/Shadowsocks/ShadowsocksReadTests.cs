using NetControl.Network;
using NetControl.Transport.Shadowsocks;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>What a stream makes of what the server sends.</summary>
public sealed class ShadowsocksReadTests : IDisposable
{
    private readonly FedStream _inner = new();
    private readonly ClassicPeer _server = new("aes-256-gcm", "secret");
    private readonly IStreamConnection _connection;

    public ShadowsocksReadTests()
    {
        ShadowsocksKey key = ShadowsocksKey.FromPassword(ShadowsocksCipher.Aes256Gcm, "secret");
        _connection = new ShadowsocksStreamConnection(_inner, new ClassicOpening(key, RandomSalt.Instance, HostPort.Parse("a.test:1")));
    }

    public void Dispose() => _connection.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(50)]
    [InlineData(100_000)]
    public async Task Read_ChunksInPiecesOfAnySize_IsTheData(int piece)
    {
        byte[] first = new byte[0x3FFF];
        Random.Shared.NextBytes(first);
        foreach (byte[] bytes in _server.Response(first, [], "last"u8.ToArray()).Chunk(piece))
        {
            _inner.Feed(bytes);
        }

        _inner.End();
        byte[] data = await _connection.ReadToEndAsync();
        Assert.Equal([.. first, .. "last"u8], data);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(20_000)]
    [InlineData(200_000)]
    public async Task Read_IntoBuffersOfAnySize_IsTheData(int size)
    {
        byte[] data = new byte[150_000];
        Random.Shared.NextBytes(data);
        _inner.Feed(_server.Response([.. data.Chunk(7_001)]));
        _inner.End();
        List<byte> all = [];
        byte[] buffer = new byte[size];
        while (await _connection.ReadAsync(buffer) is var count and > 0)
        {
            all.AddRange(buffer[..count]);
        }

        Assert.Equal(data, all);
    }

    [Fact]
    public async Task Read_WholeChunksAreThere_GivesThemAtOnce()
    {
        _inner.Feed(_server.Response("one"u8.ToArray(), "two"u8.ToArray(), new byte[100]));
        byte[] buffer = new byte[50];
        Assert.Equal(6, await _connection.ReadAsync(buffer));
        Assert.Equal("onetwo"u8, buffer.AsSpan(0, 6));
    }

    [Fact]
    public async Task Read_UpperBitsOfTheLengthAreSet_AreIgnored()
    {
        _inner.Feed([.. _server.Salt(), .. _server.Chunk([1, 2, 3], upperBits: 0xC000)]);
        Assert.Equal([1, 2, 3], await _connection.ReadExactlyAsync(3));
    }

    [Fact]
    public async Task Read_OtherKey_IsNotAuthentic_AndEndsTheStream()
    {
        _inner.Feed(new ClassicPeer("aes-256-gcm", "other").Response("data"u8.ToArray()));
        ShadowsocksStreamException error = await Assert.ThrowsAsync<ShadowsocksStreamException>(() => _connection.ReadAsync(new byte[10]).AsTask());
        Assert.Equal(ShadowsocksFault.NotAuthentic, error.Fault);
        Assert.True(_inner.Aborted);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(49)]
    [InlineData(60)]
    public async Task Read_AnyByteChanged_IsNotAuthentic(int at)
    {
        byte[] response = _server.Response(new byte[20]);
        response[at] ^= 1;
        _inner.Feed(response);
        ShadowsocksStreamException error = await Assert.ThrowsAsync<ShadowsocksStreamException>(() => _connection.ReadAsync(new byte[10]).AsTask());
        Assert.Equal(ShadowsocksFault.NotAuthentic, error.Fault);
    }

    [Fact]
    public async Task Read_EndsBeforeAnyByte_IsTheEnd_EachTime()
    {
        _inner.End();
        Assert.Equal(0, await _connection.ReadAsync(new byte[10]));
        Assert.Equal(0, await _connection.ReadAsync(new byte[10]));
        Assert.Equal(0, await _connection.ReadAsync(Memory<byte>.Empty));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(50)]
    [InlineData(70)]
    public async Task Read_EndsInTheMiddle_IsTruncated(int length)
    {
        _inner.Feed(_server.Response(new byte[20])[..length]);
        _inner.End();
        ShadowsocksStreamException error = await Assert.ThrowsAsync<ShadowsocksStreamException>(() => _connection.ReadAsync(new byte[10]).AsTask());
        Assert.Equal(ShadowsocksFault.Truncated, error.Fault);
    }

    [Fact]
    public async Task Read_EndsAfterTheSalt_IsTheEnd()
    {
        _inner.Feed(_server.Salt());
        _inner.End();
        Assert.Equal(0, await _connection.ReadAsync(new byte[10]));
    }

    [Fact]
    public async Task Read_TheStreamBreaks_SaysItsError()
    {
        _inner.Break(new IOException("a fault of its own"));
        IOException error = await Assert.ThrowsAsync<IOException>(() => _connection.ReadAsync(new byte[10]).AsTask());
        Assert.Equal("a fault of its own", error.Message);
    }

    [Fact]
    public async Task Read_Disposed_IsClosed()
    {
        Task<int> pending = _connection.ReadAsync(new byte[10]).AsTask();
        _connection.Dispose();
        await Assert.ThrowsAsync<IOException>(() => pending.WaitAsync(StreamExtensions.Patience));
        await Assert.ThrowsAsync<IOException>(() => _connection.ReadAsync(new byte[10]).AsTask());
    }

    [Fact]
    public async Task Read_TwoAtOnce_IsTheCallersMistake()
    {
        Task<int> pending = _connection.ReadAsync(new byte[10]).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _connection.ReadAsync(new byte[10]).AsTask());
        _inner.End();
        Assert.Equal(0, await pending);
    }

    [Fact]
    public async Task EmptyRead_WaitsBelow_UnlessDataIsThere()
    {
        Task<int> wait = _connection.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.Equal((1, 1), (_inner.Reads, _inner.EmptyReads));
        Assert.False(wait.IsCompleted);
        _inner.Feed(_server.Response("four"u8.ToArray(), "five"u8.ToArray()));
        Assert.Equal(0, await wait);

        // Who has waited does not wait again, and takes no notice of what he left behind.
        Assert.Equal(3, await _connection.ReadAsync(new byte[3]));
        Assert.Equal(1, _inner.EmptyReads);
        Assert.Equal(0, await _connection.ReadAsync(Memory<byte>.Empty));
        Assert.Equal(1, _inner.EmptyReads);
        Assert.Equal(1, await _connection.ReadAsync(new byte[3]));
        Assert.Equal(0, await _connection.ReadAsync(Memory<byte>.Empty));
        Assert.Equal("five"u8.ToArray(), await _connection.ReadExactlyAsync(4));
        Assert.Equal(1, _inner.EmptyReads);
    }
}
