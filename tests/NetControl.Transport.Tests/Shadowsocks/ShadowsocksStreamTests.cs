using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>What a stream sends, and when.</summary>
public sealed class ShadowsocksStreamTests
{
    private static readonly HostPort s_destination = HostPort.Parse("test.local:1111");
    private static readonly byte[] s_address = [3, 10, .. "test.local"u8, 0x04, 0x57];

    private readonly ManualTimeProvider _time = new();
    private readonly FedStream _inner = new();

    public static TheoryData<string> Ciphers => ShadowsocksDatagramTests.Ciphers;

    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task Write_First_CarriesTheRequestInItsOwnChunk(string cipher)
    {
        using IStreamConnection connection = await DialAsync(cipher);
        Assert.Empty(_inner.Writes);
        await connection.WriteAsync("Request"u8.ToArray());
        Assert.Single(_inner.Writes);
        await connection.WriteAsync("More"u8.ToArray());
        Assert.Equal(2, _inner.Writes.Count);
        Assert.Equal([[.. s_address, .. "Request"u8], "More"u8.ToArray()], new ClassicPeer(cipher, "secret").Open(_inner.Written));

        // What waited for the first bytes waits no longer.
        Assert.Equal(0, _time.ArmedTimers);
        Assert.Equal((_inner.LocalAddress, _inner.RemoteAddress), (connection.LocalAddress, connection.RemoteAddress));
    }

    [Theory]
    [InlineData("8.8.8.8:853", "01 08 08 08 08 03 55")]
    [InlineData("[2001:db8::1]:80", "04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 50")]
    public async Task Request_ToAnAddress_HoldsTheAddress(string destination, string bytes)
    {
        using IStreamConnection connection = await DialAsync("aes-128-gcm", HostPort.Parse(destination));
        await connection.CloseWriteAsync();
        Assert.Equal([Socks5AddressTests.Bytes(bytes)], new ClassicPeer("aes-128-gcm", "secret").Open(_inner.Written));
    }

    [Fact]
    public async Task NoData_AfterTheWait_TheRequestGoesAlone_AndDataInAChunkOfItsOwn()
    {
        using IStreamConnection connection = await DialAsync("aes-256-gcm");
        _time.Advance(TimeSpan.FromMilliseconds(9.9));
        Assert.Empty(_inner.Writes);
        _time.Advance(TimeSpan.FromMilliseconds(0.1));
        Assert.Single(_inner.Writes);
        await connection.WriteAsync("late"u8.ToArray());
        Assert.Equal([s_address, "late"u8.ToArray()], new ClassicPeer("aes-256-gcm", "secret").Open(_inner.Written));
    }

    [Fact]
    public async Task NoWait_TheRequestIsOutWhenTheDialEnds()
    {
        using IStreamConnection connection = await DialAsync("aes-256-gcm", wait: TimeSpan.Zero);
        Assert.Equal([s_address], new ClassicPeer("aes-256-gcm", "secret").Open(_inner.Written));
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task NoWait_TheRequestCannotBeWritten_FailsTheDialAndLeavesNothing()
    {
        _inner.WriteFault = new IOException("reset");
        DialException error = await Assert.ThrowsAsync<DialException>(() => DialAsync("aes-256-gcm", wait: TimeSpan.Zero));
        Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
        Assert.True(_inner.Aborted && _inner.Disposed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closed_WithinTheWait_HasSentNothing(bool abort)
    {
        IStreamConnection connection = await DialAsync("aes-256-gcm");
        if (abort)
        {
            connection.Abort();
        }

        connection.Dispose();
        Assert.Equal(0, _time.ArmedTimers);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_inner.Writes);
        Assert.True(_inner.Disposed);
    }

    [Fact]
    public async Task HalfClosed_WithinTheWait_SendsTheRequestFirst()
    {
        using IStreamConnection connection = await DialAsync("aes-256-gcm");
        await connection.CloseWriteAsync();
        Assert.Equal([s_address], new ClassicPeer("aes-256-gcm", "secret").Open(_inner.Written));
        Assert.True(_inner.WriteClosed);
    }

    [Fact]
    public async Task EmptyWrite_SendsNothing_ButTellsThatTheStreamIsBroken()
    {
        using IStreamConnection connection = await DialAsync("aes-256-gcm");
        await connection.WriteAsync(ReadOnlyMemory<byte>.Empty);
        Assert.Empty(_inner.Written);
        _inner.WriteFault = new IOException("reset");
        await Assert.ThrowsAsync<IOException>(() => connection.WriteAsync(ReadOnlyMemory<byte>.Empty).AsTask());
    }

    [Fact]
    public async Task Prefix_LeadsTheStream()
    {
        ShadowsocksStreamOptions options = new() { Salts = new PrefixedSalt("POST "u8), TimeProvider = _time };
        using IStreamConnection connection = await Dialer("aes-128-gcm", options).DialAsync(s_destination);
        _time.Advance(options.ClientDataWait);
        Assert.Equal("POST "u8, _inner.Written[..5]);
        Assert.Equal([s_address], new ClassicPeer("aes-128-gcm", "secret").Open(_inner.Written));
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task Write_Large_IsFullChunks_SeveralInOneWrite(string cipher)
    {
        byte[] data = new byte[200_000];
        Random.Shared.NextBytes(data);
        using IStreamConnection connection = await DialAsync(cipher);
        await connection.WriteAsync(data);
        List<byte[]> chunks = new ClassicPeer(cipher, "secret").Open(_inner.Written);
        Assert.Equal([.. s_address, .. data], chunks.SelectMany(chunk => chunk));
        Assert.All(_inner.Writes, write => Assert.InRange(write.Length, 1, 64 << 10));
        Assert.Equal(4, _inner.Writes.Count);
        Assert.InRange(chunks.Count, 13, 16);
    }

    [Fact]
    public async Task Write_LargerThanOneWrite_WaitsForEachInTurn()
    {
        TaskCompletionSource gate = new();
        _inner.Gate = gate;
        using IStreamConnection connection = await DialAsync("aes-256-gcm");
        Task write = connection.WriteAsync(new byte[100_000]).AsTask();
        Assert.Single(_inner.Writes);
        Assert.False(write.IsCompleted);
        _inner.Gate = null;
        gate.SetResult();
        await write.WaitAsync(StreamExtensions.Patience);
        Assert.Equal(s_address.Length + 100_000, new ClassicPeer("aes-256-gcm", "secret").Open(_inner.Written).Sum(chunk => chunk.Length));
    }

    [Fact]
    public async Task Write_WhileTheTimersRequestIsOnItsWay_WaitsForIt()
    {
        TaskCompletionSource gate = new();
        _inner.Gate = gate;
        using IStreamConnection connection = await DialAsync("aes-256-gcm");
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Single(_inner.Writes);
        Task write = connection.WriteAsync("data"u8.ToArray()).AsTask();
        await connection.WriteAsync(ReadOnlyMemory<byte>.Empty);
        Assert.Single(_inner.Writes);
        _inner.Gate = null;
        gate.SetResult();
        await write.WaitAsync(StreamExtensions.Patience);
        Assert.Equal([s_address, "data"u8.ToArray()], new ClassicPeer("aes-256-gcm", "secret").Open(_inner.Written));
    }

    [Fact]
    public async Task Timer_CannotWrite_EndsTheStream()
    {
        using IStreamConnection connection = await DialAsync("aes-256-gcm");
        _inner.WriteFault = new IOException("reset");
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True(_inner.Aborted);
        await Assert.ThrowsAsync<IOException>(() => connection.WriteAsync("x"u8.ToArray()).AsTask());
    }

    [Fact]
    public async Task Dial_NameTooLong_IsRefusedBeforeAnythingIsDialled()
    {
        ShadowsocksStreamDialer dialer = new(new FixedEndpoint(null, new InvalidOperationException("dialled")), Key("aes-256-gcm"));
        DialException error = await Assert.ThrowsAsync<DialException>(() => dialer.DialAsync(new HostPort(new string('\u00e4', 200), 80)).AsTask());
        Assert.Equal(DialFailure.NameNotResolved, error.Failure);
    }

    [Fact]
    public async Task Dial_ServerIsNotThere_SaysSo()
    {
        DialException refused = new(DialFailure.Refused, "connect: refused");
        ShadowsocksStreamDialer dialer = new(new FixedEndpoint(null, refused), Key("aes-256-gcm"));
        DialException error = await Assert.ThrowsAsync<DialException>(() => dialer.DialAsync(s_destination).AsTask());
        Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
        Assert.Same(refused, error.InnerException);
    }

    [Fact]
    public void Constructor_Null_IsRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new ShadowsocksStreamDialer(null!, Key("aes-256-gcm")));
        Assert.Throws<ArgumentNullException>(() => new ShadowsocksStreamDialer(new FixedEndpoint(null), null!));
    }

    private static ShadowsocksKey Key(string cipher) => ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), "secret");

    private ShadowsocksStreamDialer Dialer(string cipher, ShadowsocksStreamOptions options) => new(new FixedEndpoint(_inner), Key(cipher), options);

    private Task<IStreamConnection> DialAsync(string cipher, HostPort? destination = null, TimeSpan? wait = null)
    {
        ShadowsocksStreamOptions options = new() { TimeProvider = _time };
        return Dialer(cipher, wait is { } given ? options with { ClientDataWait = given } : options)
            .DialAsync(destination ?? s_destination).AsTask();
    }
}
