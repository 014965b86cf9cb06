using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>Streams of the 2022 edition.</summary>
public sealed class Stream2022Tests
{
    private static readonly HostPort s_destination = HostPort.Parse("test.local:1111");
    private static readonly byte[] s_address = [3, 10, .. "test.local"u8, 0x04, 0x57];

    private readonly ManualTimeProvider _time = new();
    private readonly FedStream _inner = new();

    public static TheoryData<string, int> Methods => new()
    {
        { "2022-blake3-aes-128-gcm", 1 },
        { "2022-blake3-aes-256-gcm", 1 },
        { "2022-blake3-chacha20-poly1305", 1 },
        { "2022-blake3-aes-128-gcm", 2 },
        { "2022-blake3-aes-256-gcm", 3 },
    };

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task RequestAndResponse_AreWhatThePeerOpensAndSeals(string method, int keys)
    {
        Peer2022 peer = new(method, Peer2022.RandomKeys(method, keys));
        using IStreamConnection connection = await DialAsync(peer);
        Assert.Empty(_inner.Writes);
        byte[] data = new byte[150_000];
        Random.Shared.NextBytes(data);
        await connection.WriteAsync("first"u8.ToArray());
        Assert.Single(_inner.Writes);
        await connection.WriteAsync(data);

        // A request with data has no padding; what follows fills as few chunks as it can.
        (long time, byte[] second, List<byte[]> chunks) = peer.Open(_inner.Written);
        Assert.Equal(Now, time);
        Assert.Equal([.. s_address, 0, 0, .. "first"u8], second);
        Assert.Equal(data, chunks.SelectMany(chunk => chunk));
        Assert.Equal(3, chunks.Count);

        _inner.Feed(peer.Response(Now, "head"u8.ToArray()));
        _inner.Feed([.. peer.Chunk(data[..0xFFFF]), .. peer.Chunk([]), .. peer.Chunk("tail"u8.ToArray())]);
        _inner.End();
        byte[] all = await connection.ReadToEndAsync();
        Assert.Equal([.. "head"u8, .. data[..0xFFFF], .. "tail"u8], all);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task RequestWithoutData_IsPadded_ByAnyLength(string method, int keys)
    {
        Peer2022 peer = new(method, Peer2022.RandomKeys(method, keys));
        HashSet<int> lengths = [];
        for (int i = 0; i < 20; i++)
        {
            _inner.Writes.Clear();
            using IStreamConnection connection = await DialAsync(peer);
            _time.Advance(TimeSpan.FromMilliseconds(10));
            (_, byte[] second, List<byte[]> chunks) = peer.Open(Assert.Single(_inner.Writes));
            Assert.Empty(chunks);
            int padding = BinaryPrimitives.ReadUInt16BigEndian(second.AsSpan(s_address.Length));
            Assert.InRange(padding, 1, 900);
            Assert.Equal(s_address.Length + 2 + padding, second.Length);
            lengths.Add(padding);
        }

        Assert.InRange(lengths.Count, 5, 20);
    }

    [Theory]
    [InlineData(31, ShadowsocksFault.OutOfTime)]
    [InlineData(-31, ShadowsocksFault.OutOfTime)]
    [InlineData(long.MinValue, ShadowsocksFault.OutOfTime)]
    [InlineData(30, null)]
    [InlineData(-30, null)]
    public async Task Response_HalfAMinuteOffIsBelieved_MoreIsNot(long off, ShadowsocksFault? fault)
    {
        Peer2022 peer = NewPeer();
        using IStreamConnection connection = await RequestAsync(peer);
        _inner.Feed(peer.Response(unchecked(Now + off), "x"u8.ToArray()));
        Assert.Equal(fault, await FaultAsync(connection));
        Assert.Equal(fault is not null, _inner.Aborted);
    }

    [Fact]
    public async Task Response_OfAnotherType_IsNotBelieved()
    {
        Peer2022 peer = NewPeer();
        using IStreamConnection connection = await RequestAsync(peer);
        _inner.Feed(peer.Response(Now, "x"u8.ToArray(), type: 0));
        Assert.Equal(ShadowsocksFault.WrongHeader, await FaultAsync(connection));
    }

    [Fact]
    public async Task Response_ToAnotherRequest_IsNotBelieved()
    {
        Peer2022 peer = NewPeer();
        using IStreamConnection connection = await RequestAsync(peer);
        _inner.Feed(peer.Response(Now, "x"u8.ToArray(), requestSalt: new byte[32]));
        Assert.Equal(ShadowsocksFault.Replayed, await FaultAsync(connection));
    }

    [Fact]
    public async Task Response_UnderAnotherKey_IsNotAuthentic()
    {
        Peer2022 peer = NewPeer();
        using IStreamConnection connection = await RequestAsync(peer);
        _inner.Feed(NewPeer().Response(Now, "x"u8.ToArray(), requestSalt: peer.RequestSalt));
        Assert.Equal(ShadowsocksFault.NotAuthentic, await FaultAsync(connection));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(32, false)]
    [InlineData(90, false)]
    [InlineData(91, false)]
    public async Task Response_CutShort_IsTruncated(int length, bool end)
    {
        Peer2022 peer = NewPeer();
        using IStreamConnection connection = await RequestAsync(peer);
        _inner.Feed(peer.Response(Now, "x"u8.ToArray())[..length]);
        _inner.End();
        Assert.Equal(end ? null : ShadowsocksFault.Truncated, await FaultAsync(connection));
    }

    [Fact]
    public void SaltHistory_RemembersForAMinute_AndForgets()
    {
        SaltHistory history = new(_time);
        byte[] first = new byte[32];
        Assert.True(history.TryAdd(first));
        Assert.False(history.TryAdd(first));
        Assert.True(history.TryAdd(new byte[31].Append((byte)1).ToArray()));
        Assert.False(history.TryAdd(new byte[16]));
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(history.TryAdd(first));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(history.TryAdd(first));
        _time.Advance(SaltHistory.Memory);
        Assert.True(history.TryAdd(first));
        _time.Advance(3 * SaltHistory.Memory);
        Assert.True(history.TryAdd(first));
    }

    private static Peer2022 NewPeer() => new("2022-blake3-aes-256-gcm", Peer2022.RandomKeys("256", 1));

    private static async Task<ShadowsocksFault?> FaultAsync(IStreamConnection connection)
    {
        try
        {
            await connection.ReadAsync(new byte[10]).AsTask().WaitAsync(StreamExtensions.Patience);
            return null;
        }
        catch (ShadowsocksStreamException e)
        {
            return e.Fault;
        }
    }

    private Task<IStreamConnection> DialAsync(Peer2022 peer) => new ShadowsocksStreamDialer(
        new FixedEndpoint(_inner), peer.ClientKey, new ShadowsocksStreamOptions { TimeProvider = _time }).DialAsync(s_destination).AsTask();

    private async Task<IStreamConnection> RequestAsync(Peer2022 peer)
    {
        IStreamConnection connection = await DialAsync(peer);
        await connection.WriteAsync("request"u8.ToArray());
        peer.Open(_inner.Written);
        return connection;
    }
}
