using NetControl.Network;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Shadowsocks;

/// <summary>What an event loop relies on: no continuation leaves the call that completed the read, and bytes that pass cost no garbage.</summary>
public sealed class ShadowsocksLoopTests
{
#if DEBUG
    // The compiler makes the state machines of async methods classes in debug builds; nothing can pool those.
    private const int GarbagePerExchange = 1024;
#else
    private const int GarbagePerExchange = 0;
#endif

    private const int Exchanges = 100;

    // A datagram's key is its own: an object of the framework's with one of OpenSSL's beneath, each way.
    private const int GarbagePerDatagram = 1024;

    [Theory]
    [InlineData("aes-256-gcm")]
    [InlineData("chacha20-ietf-poly1305")]
    public void ReadsAndWrites_WarmedUp_AllocateNothing_AndStayOnTheLoop(string cipher) => OffContext(() =>
    {
        FedStream inner = new() { Record = false };
        byte[] data = new byte[100_000];
        byte[] buffer = new byte[32 << 10];
        ClassicPeer server = new(cipher, "secret");
        byte[][] responses = [.. Enumerable.Range(0, 2 * Exchanges).Select(i => (byte[])[.. i == 0 ? server.Salt() : [], .. server.Chunk(new byte[0x3FFF]), .. server.Chunk(new byte[9_000])])];
        ShadowsocksKey key = ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), "secret");
        using ShadowsocksStreamConnection connection = new(inner, new ClassicOpening(key, RandomSalt.Instance, HostPort.Parse("a.test:1")));
        Exchange(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(Exchanges);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Exchanges, 0, GarbagePerExchange);

        void Exchange(int first)
        {
            for (int i = first; i < first + Exchanges; i++)
            {
                ValueTask write = connection.WriteAsync(data);
                ValueTask<int> read = connection.ReadAsync(buffer);
                if (!write.IsCompletedSuccessfully || read.IsCompleted)
                {
                    throw new InvalidOperationException("the write waits, or the read does not");
                }

                inner.Feed(responses[i]);
                if (!read.IsCompletedSuccessfully || read.GetAwaiter().GetResult() != 0x3FFF + 9_000)
                {
                    throw new InvalidOperationException("the read left the loop");
                }
            }
        }
    });

    [Fact]
    public void Idle_HoldsNoBuffer() => OffContext(() =>
    {
        FedStream inner = new();
        ShadowsocksKey key = ShadowsocksKey.FromPassword(ShadowsocksCipher.Aes256Gcm, "secret");
        using ShadowsocksStreamConnection connection = new(inner, new ClassicOpening(key, RandomSalt.Instance, HostPort.Parse("a.test:1")));
        byte[] buffer = new byte[100];
        inner.Feed(new ClassicPeer("aes-256-gcm", "secret").Response([1]));
        Assert.Equal(1, connection.ReadAsync(buffer).AsTask().GetAwaiter().GetResult());
        _ = connection.ReadAsync(buffer).AsTask();

        // It waits below with an empty buffer, and with none of its own.
        Assert.Equal(2, inner.EmptyReads);
        Assert.Equal(3, inner.Reads);
    });

    [Fact]
    public void Datagrams_WarmedUp_AllocateNoMoreThanTheirKeys() => OffContext(() =>
    {
        MemoryPacketListener datagrams = new();
        AddrPort server = AddrPort.Parse("192.0.2.2:8388");
        AddrPort somewhere = AddrPort.Parse("8.8.8.8:53");
        ShadowsocksKey key = ShadowsocksKey.FromPassword(ShadowsocksCipher.Aes256Gcm, "secret");
        IPacketConnection connection = new ShadowsocksPacketListener(datagrams, server, key).ListenAsync().AsTask().GetAwaiter().GetResult();
        PacketRecorder recorder = new() { Record = false };
        connection.Receive(recorder);
        datagrams.Last.Record = false;
        byte[] payload = new byte[1200];
        byte[] reply = new ClassicPeer("aes-256-gcm", "secret").Datagram([1, 8, 8, 8, 8, 0, 53, .. payload]);
        Exchange();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange();
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Exchanges, 0, GarbagePerDatagram);
        Assert.Equal(2 * Exchanges, recorder.Packets);

        void Exchange()
        {
            for (int i = 0; i < Exchanges; i++)
            {
                connection.Send(payload, somewhere);
                datagrams.Last.Handler!.OnPacket(reply, server);
            }
        }
    });

    /// <summary>Runs on a thread without the test runner's synchronization context, as a loop's thread is.</summary>
    private static void OffContext(Action test)
    {
        Exception? failure = null;
        Thread thread = new(() => failure = Record.Exception(test));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
