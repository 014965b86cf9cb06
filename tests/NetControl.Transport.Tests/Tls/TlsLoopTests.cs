using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using NetControl.Network;
using NetControl.Testing.Certificates;
using NetControl.Transport.Tls;

namespace NetControl.Transport.Tests.Tls;

/// <summary>What an event loop relies on: handshake and stream never leave the thread, and a warm stream makes no garbage.</summary>
public sealed class TlsLoopTests
{
#if DEBUG
    // The compiler makes the state machines of async methods classes in debug builds; nothing can pool those.
    private const int GarbagePerRoundTrip = 4096;
#else
    private const int GarbagePerRoundTrip = 0;
#endif

    private const int RoundTrips = 200;

    [Theory]
    [InlineData(100)]
    [InlineData(16_384)]
    [InlineData(32_768)]
    public void Stream_OnALoop_StaysThereAndMakesNoGarbage(int size)
    {
        LoopThread.Run(() =>
        {
            using var authority = new TestAuthority("root");
            (InlineConnection client, InlineConnection server) = InlineConnection.MakePair();
            using var ssl = new SslStream(new TlsInnerStream(server));
            using X509Certificate2 certificate = authority.Issue("server", TestAuthority.ServerUsage, static names => names.AddDnsName("server.example"));
            Task serving = ServeAsync(ssl, certificate);
            Task<TlsStreamConnection> handshake = new TlsClient(new TlsClientOptions { Roots = [authority.Root] })
                .HandshakeAsync(client, new HostPort("server.example", 443)).AsTask();
            Assert.True(handshake.IsCompletedSuccessfully);
            using TlsStreamConnection connection = handshake.Result;

            byte[] sent = new byte[size];
            byte[] received = new byte[size];
            Random.Shared.NextBytes(sent);
            Echo(connection, sent, received);
            Assert.Equal(sent, received);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < RoundTrips; i++)
            {
                Echo(connection, sent, received);
            }

            long garbage = (GC.GetAllocatedBytesForCurrentThread() - before) / RoundTrips;
            Assert.InRange(garbage, 0, GarbagePerRoundTrip);
            Assert.True(connection.CloseWriteAsync().AsTask().IsCompletedSuccessfully);
            Assert.True(serving.IsCompletedSuccessfully);
            Assert.Equal(0, client.Strays + server.Strays);
        });
    }

    [Fact]
    public void Read_WithAnEmptyBuffer_WaitsWithoutHoldingOne()
    {
        LoopThread.Run(() =>
        {
            using var authority = new TestAuthority("root");
            (InlineConnection client, InlineConnection server) = InlineConnection.MakePair();
            using var ssl = new SslStream(new TlsInnerStream(server));
            using X509Certificate2 certificate = authority.Issue("server", TestAuthority.ServerUsage, static names => names.AddDnsName("server.example"));
            Task serving = ssl.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate });
            using TlsStreamConnection connection = new TlsClient(new TlsClientOptions { Roots = [authority.Root] })
                .HandshakeAsync(client, new HostPort("server.example", 443)).AsTask().Result;
            Assert.True(serving.IsCompletedSuccessfully);
            byte[] buffer = new byte[8];
            for (int i = 0; i < 2; i++)
            {
                // The first time the server's session tickets are there: they are read, and the wait goes on.
                Task<int> waiting = connection.ReadAsync(Memory<byte>.Empty).AsTask();
                Assert.False(waiting.IsCompleted);
                Assert.True(i == 0 || client.WaitsWith == 0);
                Assert.True(ssl.WriteAsync("ping"u8.ToArray()).AsTask().IsCompletedSuccessfully);
                Assert.Equal(0, waiting.Result);
                Assert.Equal(4, connection.ReadAsync(buffer).AsTask().Result);
            }
        });
    }

    private static void Echo(TlsStreamConnection connection, byte[] sent, byte[] received)
    {
        ValueTask write = connection.WriteAsync(sent);
        if (!write.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("the write left the loop");
        }

        for (int have = 0; have < received.Length;)
        {
            ValueTask<int> read = connection.ReadAsync(received.AsMemory(have));
            have += read.IsCompletedSuccessfully ? read.GetAwaiter().GetResult() : throw new InvalidOperationException("the read left the loop");
        }
    }

    private static async Task ServeAsync(SslStream ssl, X509Certificate2 certificate)
    {
        await ssl.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate });
        await TlsServer.EchoAsync(ssl);
    }
}
