using System.Security.Cryptography;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.Shadowsocks;

namespace NetControl.EndToEnd.Tests.Shadowsocks;

/// <summary>The library by itself, with a server that others wrote.</summary>
public sealed class ShadowsocksLibraryTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Ciphers => ["aes-128-gcm", "aes-192-gcm", "aes-256-gcm", "chacha20-ietf-poly1305"];

    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task Stream_ManyBytesEachWay_AreEchoed(string cipher)
    {
        using EchoServer echo = new();
        await using ForeignServer server = await ForeignServer.StartAsync(cipher, "pass word");
        using IStreamConnection connection = await Dialer(server, cipher, "pass word").DialAsync(new HostPort(AddrPort.From(echo.EndPoint)));
        byte[] data = new byte[3_000_000];
        Random.Shared.NextBytes(data);

        // This server takes a half-close for the end of all, so that comes last.
        Task<byte[]> back = ReadAsync(connection, data.Length);
        await connection.WriteAsync(data.AsMemory(0, 10));
        await connection.WriteAsync(data.AsMemory(10));
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(await back.WaitAsync(s_patience)));
        Assert.Equal(1, echo.Connections);
    }

    [Fact]
    public async Task Stream_ClientSaysNothing_TheRequestGoesAlone()
    {
        TaskCompletionSource reached = new();
        using ScriptedProxy greeter = new(async connection =>
        {
            reached.SetResult();
            await connection.WriteAsync("hello"u8.ToArray());
            await connection.WaitForEndAsync();
        });
        await using ForeignServer server = await ForeignServer.StartAsync("aes-256-gcm", "secret");
        using IStreamConnection connection = await Dialer(server, "aes-256-gcm", "secret").DialAsync(new HostPort(AddrPort.From(greeter.EndPoint)));
        byte[] buffer = new byte[100];
        Assert.Equal(5, await connection.ReadAsync(buffer).AsTask().WaitAsync(s_patience));
        Assert.True(reached.Task.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Stream_DestinationRefuses_IsAnEarlyEnd()
    {
        await using ForeignServer server = await ForeignServer.StartAsync("aes-256-gcm", "secret");
        using IStreamConnection connection = await Dialer(server, "aes-256-gcm", "secret").DialAsync(HostPort.Parse("127.0.0.1:1"));
        await connection.WriteAsync("x"u8.ToArray());
        int read;
        try
        {
            read = await connection.ReadAsync(new byte[10]).AsTask().WaitAsync(s_patience);
        }
        catch (IOException)
        {
            read = 0;
        }

        Assert.Equal(0, read);
    }

    [Theory]
    [InlineData("aes-256-gcm", "other")]
    [InlineData("chacha20-ietf-poly1305", "secret")]
    [InlineData("aes-128-gcm", "secret")]
    public async Task Stream_WrongKeyOrMethod_ReachesNothing(string cipher, string password)
    {
        // This server then is silent until the client goes; no byte of anything may come.
        using EchoServer echo = new();
        await using ForeignServer server = await ForeignServer.StartAsync("aes-256-gcm", "secret");
        using IStreamConnection connection = await Dialer(server, cipher, password).DialAsync(new HostPort(AddrPort.From(echo.EndPoint)));
        await connection.WriteAsync(new byte[1000]);
        Task<byte[]> read = ReadAsync(connection, 1);

        // One that knows the key, afterwards: all that the server was to do about the other it has done by then.
        using IStreamConnection right = await Dialer(server, "aes-256-gcm", "secret").DialAsync(new HostPort(AddrPort.From(echo.EndPoint)));
        await right.WriteAsync("right"u8.ToArray());
        Assert.Equal(5, await right.ReadAsync(new byte[10]).AsTask().WaitAsync(s_patience));
        Assert.Equal(1, echo.Connections);
        connection.Dispose();
        await Assert.ThrowsAnyAsync<IOException>(() => read.WaitAsync(s_patience));
    }

    [Fact]
    public async Task Stream_NoServer_IsTold()
    {
        ForeignServer server = await ForeignServer.StartAsync("aes-256-gcm", "secret");
        await server.DisposeAsync();
        DialException error = await Assert.ThrowsAsync<DialException>(
            () => Dialer(server, "aes-256-gcm", "secret").DialAsync(HostPort.Parse("127.0.0.1:1")).AsTask());
        Assert.Equal(DialFailure.ProxyUnreachable, error.Failure);
        Assert.Equal(DialFailure.Refused, Assert.IsType<DialException>(error.InnerException).Failure);
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task Datagrams_OfManySizes_AreEchoed(string cipher)
    {
        using EchoServer echo = new();
        await using ForeignServer server = await ForeignServer.StartAsync(cipher, "secret");
        ShadowsocksPacketListener listener = new(new UdpPacketListener(), server.Address, Key(cipher, "secret"));
        using IPacketConnection connection = await listener.ListenAsync();
        DatagramInbox inbox = new();
        connection.Receive(inbox);
        AddrPort destination = AddrPort.From(echo.EndPoint);
        using CancellationTokenSource limit = new(s_patience);
        foreach (int length in (int[])[1, 512, 1200, 1_400])
        {
            byte[] payload = new byte[length];
            Random.Shared.NextBytes(payload);
            Assert.True(connection.Send(payload, destination));
            (byte[] received, AddrPort source) = await inbox.NextAsync(limit.Token);
            Assert.Equal(payload, received);
            Assert.Equal(destination, source);
        }
    }

    private static ShadowsocksKey Key(string cipher, string password) => ShadowsocksKey.FromPassword(ShadowsocksCipher.Find(cipher), password);

    private static ShadowsocksStreamDialer Dialer(ForeignServer server, string cipher, string password) =>
        new(new StreamDialerEndpoint(new TcpStreamDialer(), server.Address), Key(cipher, password));

    private static async Task<byte[]> ReadAsync(IStreamConnection connection, int length)
    {
        byte[] all = new byte[length];
        for (int have = 0; have < length;)
        {
            int read = await connection.ReadAsync(all.AsMemory(have));
            have += read > 0 ? read : throw new EndOfStreamException();
        }

        return all;
    }
}
