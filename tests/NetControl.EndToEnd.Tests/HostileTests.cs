using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>One who misbehaves, or dies, harms nobody else.</summary>
public sealed class HostileTests
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public async Task ProxyKilled_WithLiveSessions_EndsOnlyItsOwn()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server a = world.StartSocks5();
        await world.StartDaemonAsync(world.Configuration($"socks5://{a.EndPoint}", ""));
        await using SessionLedger ledger = await world.FollowAsync();
        using Socket proxied = await ConnectEchoAsync(world);
        await SwapAsync(world, "proxies/b");
        using Socket direct = await ConnectEchoAsync(world);

        a.Dispose();
        await AssertEndsAsync(proxied);
        await ledger.WaitUntilAsync(l => l.Closed.Count == 1);
        Assert.Contains(ledger.Read(l => l.Closed[0].Cause), (SessionCause[])[SessionCause.UpstreamReset, SessionCause.UpstreamError, SessionCause.UpstreamClosed]);
        await direct.EchoAsync();

        await SwapAsync(world, "proxies/a");
        using Socket refused = world.Tcp();
        await Assert.ThrowsAsync<SocketException>(() => refused.ConnectAsync(World.Echo4));
        await ledger.WaitUntilAsync(l => l.Closed.Count == 2);
        Assert.Equal(SessionCause.DialProxyFailed, ledger.Read(l => l.Closed[1].Cause));
        await direct.EchoAsync();

        world.StartSocks5(a.EndPoint.Port);
        using Socket again = await ConnectEchoAsync(world);
        await direct.EchoAsync(100_000);
    }

    [Fact]
    public async Task ClientThatStopsReading_OthersGoOnAndMemoryIsBounded()
    {
        await using World world = await World.StartAsync();
        await world.DownloadAsync(World.Web4, 16 * Mebibyte);
        long before = world.Daemon.ResidentBytes;
        const long Length = 128 * Mebibyte;
        List<Socket> stopped = [];
        for (int i = 0; i < 20; i++)
        {
            Socket socket = world.Tcp();
            await socket.ConnectAsync(IPAddress.Parse(World.Web4), 80);
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"GET /bytes/{Length} HTTP/1.1\r\n\r\n"));
            stopped.Add(socket);
        }

        string wanted = Payload.Sha256(8 * Mebibyte);
        for (int round = 0; round < 5; round++)
        {
            string[] hashes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0
                ? world.DownloadAsync(World.Web4, 8 * Mebibyte)
                : world.UploadAsync(World.Web6, 8 * Mebibyte)));
            Assert.All(hashes, hash => Assert.Equal(wanted, hash));
        }

        // 20 stopped readers, each with at most one send ring at its cap.
        long grown = world.Daemon.ResidentBytes - before;
        Assert.True(grown < 20 * 6 * Mebibyte, $"{grown / Mebibyte} MiB more than before");

        Assert.Equal(Payload.Sha256(Length), await ReadBodyAsync(stopped[0], Length));
        stopped.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task FiveThousandHalfOpen_OthersGoOnAndMemoryIsBounded()
    {
        await using World world = await World.StartAsync();
        using Socket living = await ConnectEchoAsync(world);
        long before = world.Daemon.ResidentBytes;
        Socket[] sockets = world.Sockets(5000, SocketType.Stream, AddressFamily.InterNetwork);
        IPEndPoint silent = new(IPAddress.Parse(World.Silent4), 80);
        Task[] dials = [.. sockets.Select(socket => socket.ConnectAsync(silent))];
        await living.EchoAsync();
        for (int i = 0; i < 20; i++)
        {
            using Socket other = await ConnectEchoAsync(world);
            await living.EchoAsync(10_000);
        }

        long grown = world.Daemon.ResidentBytes - before;
        Assert.True(grown < 64 * Mebibyte, $"{grown / Mebibyte} MiB more than before");
        long halfOpen = (await world.Api.ReadMetricsAsync()).Sum("netcontrol_tcp_half_open");
        Assert.True(halfOpen > 0, "no half-open session was counted");
        foreach (Socket socket in sockets)
        {
            socket.Dispose();
        }

        foreach (Task dial in dials)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => dial);
        }

        Assert.Equal(Payload.Sha256(Mebibyte), await world.DownloadAsync(World.Web4, Mebibyte));
    }

    private static async Task<Socket> ConnectEchoAsync(World world)
    {
        Socket socket = world.Tcp();
        await socket.ConnectAsync(World.Echo4);
        await socket.EchoAsync();
        return socket;
    }

    private static async Task AssertEndsAsync(Socket socket)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], SocketFlags.None, limit.Token));
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }
    }

    private static async Task SwapAsync(World world, string proxy) =>
        await world.Api.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = World.Delegate, Proxy = proxy });

    private static async Task<string> ReadBodyAsync(Socket socket, long length)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[Mebibyte];
        long have = 0;
        int head = -1;
        while (have < length)
        {
            int read = await socket.ReceiveAsync(buffer, SocketFlags.None);
            Assert.True(read > 0, $"the stream ended after {have} bytes");
            int start = 0;
            if (head < 0)
            {
                head = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8) + 4;
                start = head;
            }

            hash.AppendData(buffer, start, read - start);
            have += read - start;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
