using System.Net;
using System.Net.Sockets;

namespace NetControl.Testing.Proxies;

/// <summary>A server that sends back what it hears, over TCP (until the client's half-close, then its own) and UDP, on one port.</summary>
public sealed class EchoServer : IDisposable
{
    private readonly Socket _tcp;
    private readonly Socket _udp;
    private readonly CancellationTokenSource _stop = new();
    private long _connections;
    private long _datagrams;

    /// <summary>Starts a server.</summary>
    /// <param name="address">Where to listen; loopback by default.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    public EchoServer(IPAddress? address = null, int port = 0)
    {
        address ??= IPAddress.Loopback;
        (_tcp, _udp) = BindBoth(address, port);
        EndPoint = (IPEndPoint)_tcp.LocalEndPoint!;
        _tcp.Listen(4096);
        _ = AcceptAsync();
        _ = EchoDatagramsAsync();
    }

    /// <summary>Where the server listens, for TCP and UDP.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>How many connections were accepted.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>How many datagrams were echoed.</summary>
    public long Datagrams => Interlocked.Read(ref _datagrams);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _tcp.Dispose();
        _udp.Dispose();
    }

    private static (Socket Tcp, Socket Udp) BindBoth(IPAddress address, int port)
    {
        for (int attempt = 0; ; attempt++)
        {
            var tcp = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            var udp = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                tcp.Bind(new IPEndPoint(address, port));
                udp.Bind(tcp.LocalEndPoint!);
                udp.ReceiveBufferSize = 4 << 20;
                return (tcp, udp);
            }
            catch (SocketException) when (port == 0 && attempt < 50)
            {
                // The free TCP port is taken for UDP; another will do.
                tcp.Dispose();
                udp.Dispose();
            }
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _tcp.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                client.NoDelay = true;
                _ = EchoAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task EchoAsync(Socket client)
    {
        using (client)
        {
            try
            {
                await SocketPump.CopyAsync(client, client, static _ => { }, _stop.Token);
                client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client went away, or the server stopped.
            }
        }
    }

    private async Task EchoDatagramsAsync()
    {
        byte[] buffer = new byte[65_535];
        var from = new SocketAddress(_udp.AddressFamily);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                int length = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, from, _stop.Token);
                await _udp.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, from, _stop.Token);
                Interlocked.Increment(ref _datagrams);
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // One datagram's fate.
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
