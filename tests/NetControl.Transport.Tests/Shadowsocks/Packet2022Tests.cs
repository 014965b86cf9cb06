using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>Datagrams of the 2022 edition.</summary>
public sealed class Packet2022Tests
{
    private static readonly AddrPort s_server = AddrPort.Parse("192.0.2.2:8388");
    private static readonly AddrPort s_somewhere = AddrPort.Parse("8.8.8.8:80");
    private static readonly byte[] s_address = [1, 8, 8, 8, 8, 0, 80];

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryPacketListener _datagrams = new();
    private readonly PacketRecorder _recorder = new();

    public static TheoryData<string, int> Methods => Stream2022Tests.Methods;

    public static TheoryData<string> Kinds => ["2022-blake3-aes-256-gcm", "2022-blake3-chacha20-poly1305"];

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Datagrams_EachWay_AreWhatThePeerSees(string method, int keys)
    {
        Peer2022 peer = new(method, Peer2022.RandomKeys(method, keys));
        using IPacketConnection connection = await ListenAsync(peer);
        byte[] session = [];
        for (ulong i = 0; i < 3; i++)
        {
            Assert.True(connection.Send("ping"u8, s_somewhere));
            (byte[] sent, AddrPort to) = _datagrams.Last.Sent[^1];
            Assert.Equal(s_server, to);
            (session, ulong number, byte[] message) = peer.OpenDatagram(sent);
            Assert.Equal(i, number);
            Assert.Equal(0, message[0]);
            Assert.Equal(Now, BinaryPrimitives.ReadInt64BigEndian(message.AsSpan(1)));
            Assert.Equal([0, 0, .. s_address, .. "ping"u8], message[9..]);
        }

        Deliver(peer.Datagram(session, 0, Now, [.. s_address, .. "pong"u8], padding: 17));
        (byte[] payload, AddrPort source) = await _recorder.NextAsync();
        Assert.Equal("pong"u8, payload);
        Assert.Equal(s_somewhere, source);
    }

    [Fact]
    public async Task Send_ToANameServer_IsPadded()
    {
        Peer2022 peer = NewPeer("2022-blake3-aes-256-gcm");
        using IPacketConnection connection = await ListenAsync(peer);
        HashSet<int> lengths = [];
        for (int i = 0; i < 20; i++)
        {
            connection.Send("query"u8, AddrPort.Parse("8.8.8.8:53"));
            (_, _, byte[] message) = peer.OpenDatagram(_datagrams.Last.Sent[^1].Payload);
            int padding = BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(9));
            Assert.InRange(padding, 1, 900);
            Assert.Equal([1, 8, 8, 8, 8, 0, 53, .. "query"u8], message[(11 + padding)..]);
            lengths.Add(padding);
        }

        Assert.InRange(lengths.Count, 5, 20);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Receive_Replayed_OutOfTime_OrNotToThisSession_IsDropped(string method)
    {
        Peer2022 peer = NewPeer(method);
        using IPacketConnection connection = await ListenAsync(peer);
        byte[] session = SessionOf(connection, peer);
        byte[] good = peer.Datagram(session, 5, Now, s_address);
        Deliver(peer.Datagram(session, 5, Now + 31, s_address));
        Deliver(peer.Datagram(session, 5, Now - 31, s_address));
        Deliver(peer.Datagram(session, 5, Now, s_address, type: 0));
        Deliver(peer.Datagram(new byte[8], 5, Now, s_address));
        Deliver(peer.Datagram(session, 5, Now, []));
        Deliver(peer.Datagram(session, 5, Now, [3, 1, 65, 0, 53]));
        Deliver(NewPeer(method).Datagram(session, 5, Now, s_address));
        for (int length = 0; length < good.Length; length++)
        {
            Deliver(good[..length]);
        }

        Assert.Equal(0, _recorder.Packets);
        Deliver(good);
        Deliver(good);
        Deliver(peer.Datagram(session, 5, Now, [.. s_address, 1]));
        Assert.Equal(1, _recorder.Packets);
        Deliver(peer.Datagram(session, 4, Now, s_address));
        Assert.Equal(2, _recorder.Packets);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Receive_ServerBeginsAnew_OneOldSessionStays_AThirdHasToWait(string method)
    {
        Peer2022 peer = NewPeer(method);
        using IPacketConnection connection = await ListenAsync(peer);
        byte[] session = SessionOf(connection, peer);
        byte[][] sessions = [[1, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0, 0]];
        ulong number = 0;
        Assert.Equal(1, From(0));
        Assert.Equal(1, From(1));
        Assert.Equal(1, From(0));
        Assert.Equal(0, From(2));
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, From(2));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, From(2));
        Assert.Equal(1, From(1));
        Assert.Equal(0, From(0));

        int From(int which)
        {
            int before = _recorder.Packets;
            peer.ServerSession = sessions[which];
            Deliver(peer.Datagram(session, number++, Now, s_address));
            return _recorder.Packets - before;
        }
    }

    [Fact]
    public async Task Send_LargestThatFits_Fits()
    {
        Peer2022 peer = new("2022-blake3-aes-256-gcm", Peer2022.RandomKeys("256", 2));
        using IPacketConnection connection = await ListenAsync(peer);
        const int Most = 65_507 - 16 - 16 - 11 - 7 - 16;
        Assert.Equal(NetworkError.MessageTooLarge, Assert.Throws<NetworkException>(() => connection.Send(new byte[Most + 1], s_somewhere)).Error);
        connection.Send(new byte[Most], s_somewhere);
        Assert.Equal(65_507, _datagrams.Last.Sent[^1].Payload.Length);
    }

    [Fact]
    public async Task Dispose_WhileInUse_IsClosed()
    {
        foreach (string method in (string[])["2022-blake3-aes-256-gcm", "2022-blake3-chacha20-poly1305"])
        {
            Peer2022 peer = NewPeer(method);
            IPacketConnection connection = await ListenAsync(peer);
            byte[] session = SessionOf(connection, peer);
            connection.Dispose();
            Assert.Equal(NetworkError.Closed, Assert.Throws<NetworkException>(() => connection.Send([1], s_somewhere)).Error);
            Deliver(peer.Datagram(session, 0, Now, s_address));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Datagrams_WarmedUp_AllocateNothing(string method)
    {
        Peer2022 peer = NewPeer(method);
        PacketCodec codec = method.Contains("aes", StringComparison.Ordinal)
            ? new AesPacketCodec(peer.ClientKey, _time)
            : new XChaChaPacketCodec(XChaChaPacketCodec.Import(peer.ClientKey), _time);
        byte[] buffer = new byte[2000];
        byte[] payload = new byte[1200];
        byte[] session = peer.OpenDatagram(buffer[..codec.Seal(buffer, payload, s_somewhere)]).Session;
        byte[][] replies = [.. Enumerable.Range(0, 200).Select(i => peer.Datagram(session, (ulong)i, Now, [.. s_address, .. payload]))];
        Exchange(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(100);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        codec.Dispose();

        void Exchange(int first)
        {
            for (int i = first; i < first + 100; i++)
            {
                codec.Seal(buffer, payload, s_somewhere);
                if (!codec.TryOpen(replies[i], buffer, out AddrPort source, out ReadOnlySpan<byte> data) || data.Length != 1200 || source != s_somewhere)
                {
                    throw new InvalidOperationException("a datagram was not opened");
                }
            }
        }
    }

    private static Peer2022 NewPeer(string method) => new(method, Peer2022.RandomKeys(method, 1));

    private static byte[] SessionOf(IPacketConnection connection, MemoryPacketConnection socket, Peer2022 peer)
    {
        connection.Send([1], s_somewhere);
        return peer.OpenDatagram(socket.Sent[^1].Payload).Session;
    }

    private byte[] SessionOf(IPacketConnection connection, Peer2022 peer) => SessionOf(connection, _datagrams.Last, peer);

    private void Deliver(byte[] datagram) => _datagrams.Last.Handler!.OnPacket(datagram, s_server);

    private async Task<IPacketConnection> ListenAsync(Peer2022 peer)
    {
        IPacketConnection connection = await new ShadowsocksPacketListener(_datagrams, s_server, peer.ClientKey, _time).ListenAsync();
        connection.Receive(_recorder);
        return connection;
    }
}
