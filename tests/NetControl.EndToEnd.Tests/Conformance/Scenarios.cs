using System.Net;
using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>What scenarios share: peers in the world behind. One object serves one scenario in one family.</summary>
public abstract class Scenarios
{
    /// <summary>Where the scenario lives.</summary>
    public ConformanceWorld Rig { get; set; } = null!;

    /// <summary>What is closed at its end.</summary>
    internal List<IDisposable> Held { get; } = [];

    /// <summary>Whatever ends within this came at once, on a machine that has much else to do.</summary>
    protected static double Soon => 5;

    /// <summary>An address of the world behind.</summary>
    private protected static IPAddress Peer(Host host) => IPAddress.Parse(host.IsV4 ? "198.18.0.1" : "fd98::1");

    /// <summary>A port of the world behind that nobody listens to.</summary>
    private protected static IPEndPoint Refusing(Host host) => new(Peer(host), 4);

    /// <summary>A listening socket of the world behind.</summary>
    private protected Socket Listen(Host host, int receiveBuffer = 0) => Hold(Rig.World.Server.Run(() =>
    {
        Socket socket = new(Peer(host).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        socket.Bind(new IPEndPoint(Peer(host), 0));
        socket.Listen(64);
        return socket;
    }));

    /// <summary>A UDP socket of the world behind.</summary>
    private protected Socket Udp(Host host) => Hold(Rig.World.Server.Run(() =>
    {
        Socket socket = new(Peer(host).AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(Peer(host), 0));
        return socket;
    }));

    /// <summary>A connection that is established on both sides.</summary>
    private protected async Task<(Conversation Client, Socket Upstream)> ConnectAsync(
        Host host, string syn = Conversation.PlainSyn, byte[]? options = null, int receiveBuffer = 0, uint? isn = null)
    {
        Socket listener = Listen(host, receiveBuffer);
        Conversation client = new(host, (IPEndPoint)listener.LocalEndPoint!, isn: isn);
        await client.EstablishAsync(syn, options);
        return (client, await AcceptAsync(listener));
    }

    private protected async Task<Socket> AcceptAsync(Socket listener)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        Socket socket = Hold(await listener.AcceptAsync(limit.Token));
        socket.NoDelay = true;
        return socket;
    }

    /// <summary>Reads so many bytes, which must be the content.</summary>
    private protected static async Task<byte[]> ReadAsync(Socket upstream, int length)
    {
        byte[] bytes = new byte[length];
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        int have = 0;
        while (have < length)
        {
            int count = await upstream.ReceiveAsync(bytes.AsMemory(have), SocketFlags.None, limit.Token);
            Assert.True(count > 0, $"the stream ended after {have} of {length} bytes");
            have += count;
        }

        return bytes;
    }

    /// <summary>Reads until the end, which must come in good order.</summary>
    private protected static async Task<int> ReadToEndAsync(Socket upstream)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        byte[] buffer = new byte[65_536];
        int all = 0;
        int count;
        while ((count = await upstream.ReceiveAsync(buffer, SocketFlags.None, limit.Token)) > 0)
        {
            all += count;
        }

        return all;
    }

    /// <summary>Waits for the upstream to learn of a reset.</summary>
    private protected static async Task ExpectUpstreamResetAsync(Socket upstream)
    {
        SocketException error = await Assert.ThrowsAsync<SocketException>(() => ReadToEndAsync(upstream));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    /// <summary>Resets the upstream's side.</summary>
    private protected static void Reset(Socket upstream)
    {
        upstream.LingerState = new LingerOption(true, 0);
        upstream.Close();
    }

    private protected T Hold<T>(T thing)
        where T : IDisposable
    {
        lock (Held)
        {
            Held.Add(thing);
        }

        return thing;
    }
}
