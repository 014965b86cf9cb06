using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Shadowsocks;

public sealed class ShadowsocksPacketListenerTests
{
    private static readonly AddrPort s_server = AddrPort.Parse("192.0.2.2:8388");
    private static readonly AddrPort s_somewhere = AddrPort.Parse("8.8.8.8:53");

    private readonly MemoryPacketListener _datagrams = new();
    private readonly PacketRecorder _recorder = new();

    public static TheoryData<string> Ciphers => ShadowsocksDatagramTests.Ciphers;

    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task Send_AndWhatComesBack_AreWhatThePeerSees(string cipher)
    {
        ClassicPeer peer = new(cipher, "secret");
        using IPacketConnection connection = await ListenAsync(cipher);
        connection.Receive(_recorder);
        byte[] payload = new byte[1024];
        Random.Shared.NextBytes(payload);
        Assert.True(connection.Send(payload, AddrPort.Parse("[2001:db8::1]:80")));
        (byte[] sent, AddrPort to) = Assert.Single(_datagrams.Last.Sent);
        Assert.Equal(s_server, to);
        Assert.Equal([.. Socks5AddressTests.Bytes("04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 50"), .. payload], peer.OpenDatagram(sent));

        _datagrams.Last.Handler!.OnPacket(peer.Datagram([1, 8, 8, 8, 8, 0, 53, 7]), s_server);
        (byte[] received, AddrPort source) = await _recorder.NextAsync();
        Assert.Equal([7], received);
        Assert.Equal(s_somewhere, source);
    }

    [Fact]
    public async Task Receive_WhatTheServerDidNotSeal_IsDropped()
    {
        ClassicPeer peer = new("aes-256-gcm", "secret");
        using IPacketConnection connection = await ListenAsync("aes-256-gcm");
        connection.Receive(_recorder);
        IPacketHandler handler = _datagrams.Last.Handler!;
        byte[] good = peer.Datagram([1, 8, 8, 8, 8, 0, 53, 7]);
        handler.OnPacket(good, AddrPort.Parse("192.0.2.2:8389"));
        handler.OnPacket(good.AsSpan(0, 40), s_server);
        handler.OnPacket([], s_server);
        handler.OnPacket(new ClassicPeer("aes-256-gcm", "other").Datagram([1, 8, 8, 8, 8, 0, 53, 7]), s_server);
        handler.OnPacket(peer.Datagram([3, 1, 65, 0, 53, 7]), s_server);
        handler.OnPacket(peer.Datagram([1, 8, 8]), s_server);
        handler.OnPacket(peer.Datagram([]), s_server);
        Assert.Equal(0, _recorder.Packets);
        handler.OnPacket(good, s_server);
        Assert.Equal(1, _recorder.Packets);
    }

    [Fact]
    public async Task Send_TooLarge_IsRefused()
    {
        using IPacketConnection connection = await ListenAsync("aes-256-gcm");
        NetworkException error = Assert.Throws<NetworkException>(() => connection.Send(new byte[65_507 - 32 - 16 - 6], s_somewhere));
        Assert.Equal(NetworkError.MessageTooLarge, error.Error);
        Assert.True(connection.Send(new byte[65_507 - 32 - 16 - 7], s_somewhere));
    }

    [Fact]
    public async Task Dispose_EndsTheSocketAndTheHandlerHearsItOnce()
    {
        IPacketConnection connection = await ListenAsync("aes-256-gcm");
        connection.Receive(_recorder);
        Assert.Throws<InvalidOperationException>(() => connection.Receive(_recorder));
        connection.Dispose();
        Assert.Null(await _recorder.Closed);
        Assert.Equal(1, _recorder.Closes);
        NetworkException error = Assert.Throws<NetworkException>(() => connection.Send([1], s_somewhere));
        Assert.Equal(NetworkError.Closed, error.Error);
    }

    [Fact]
    public async Task Listen_ByName_AsksTheSystemOnceAMinute()
    {
        ManualTimeProvider time = new();
        ShadowsocksPacketListener listener = new(_datagrams, HostPort.Parse("localhost:8388"), Key("aes-128-gcm"), time);
        using IPacketConnection first = await listener.ListenAsync();
        first.Send([1], s_somewhere);
        Assert.True(_datagrams.Last.Sent[0].Destination.Port == 8388 && _datagrams.Last.Sent[0].Destination.Address.ToIPAddress() is { } address
            && System.Net.IPAddress.IsLoopback(address));
        ValueTask<IPacketConnection> second = listener.ListenAsync();
        Assert.True(second.IsCompletedSuccessfully);
        (await second).Dispose();
        time.Advance(TimeSpan.FromMinutes(1));
        (await listener.ListenAsync()).Dispose();
    }

    [Fact]
    public async Task Listen_NameThatIsNot_SaysSo()
    {
        ShadowsocksPacketListener listener = new(_datagrams, HostPort.Parse("nowhere.invalid:1"), Key("aes-128-gcm"));
        DialException error = await Assert.ThrowsAsync<DialException>(() => listener.ListenAsync().AsTask());
        Assert.Equal(DialFailure.NameNotResolved, error.Failure);
        Assert.Empty(_datagrams.Opened);
    }

    [Fact]
    public void Constructor_Null_IsRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new ShadowsocksPacketListener(null!, s_server, Key("aes-128-gcm")));
        Assert.Throws<ArgumentNullException>(() => new ShadowsocksPacketListener(_datagrams, s_server, null!));
    }

    private static ShadowsocksKey Key(string cipher) => ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), "secret");

    private Task<IPacketConnection> ListenAsync(string cipher) => new ShadowsocksPacketListener(_datagrams, s_server, Key(cipher)).ListenAsync().AsTask();
}
