using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace NetControl.Testing.Proxies;

/// <summary>
/// A small real SOCKS5 server (RFC 1928, RFC 1929): CONNECT and UDP ASSOCIATE, both families, half-close, thousands of clients.
/// </summary>
/// <remarks>Dispose stops listening and cuts every client off at once.</remarks>
public sealed class Socks5Server : IDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socks5ServerConnection, bool> _open = new();
    private long _accepted;
    private long _connects;
    private long _associations;
    private long _bytesUp;
    private long _bytesDown;
    private long _datagramsUp;
    private long _datagramsDown;

    /// <summary>Starts a server.</summary>
    public Socks5Server(Socks5ServerOptions? options = null)
    {
        Options = options ?? new Socks5ServerOptions();
        _listener = new Socket(Options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (Options.Listen.Address.Equals(IPAddress.IPv6Any))
        {
            _listener.DualMode = true;
        }

        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        _listener.Bind(Options.Listen);
        _listener.Listen(4096);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    /// <summary>Where the server listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>How it behaves.</summary>
    public Socks5ServerOptions Options { get; }

    /// <summary>Clients accepted so far.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Clients connected now.</summary>
    public int Live => _open.Count;

    /// <summary>CONNECT requests that succeeded.</summary>
    public long Connects => Interlocked.Read(ref _connects);

    /// <summary>UDP associations opened.</summary>
    public long Associations => Interlocked.Read(ref _associations);

    /// <summary>Stream bytes copied from clients to destinations.</summary>
    public long BytesUp => Interlocked.Read(ref _bytesUp);

    /// <summary>Stream bytes copied from destinations to clients.</summary>
    public long BytesDown => Interlocked.Read(ref _bytesDown);

    /// <summary>Datagrams relayed from clients to destinations.</summary>
    public long DatagramsUp => Interlocked.Read(ref _datagramsUp);

    /// <summary>Datagrams relayed from destinations to clients.</summary>
    public long DatagramsDown => Interlocked.Read(ref _datagramsDown);

    internal CancellationToken Stopping => _stop.Token;

    /// <summary>Cuts every client off, with a reset, and goes on listening.</summary>
    public void DropClients()
    {
        foreach (Socks5ServerConnection connection in _open.Keys)
        {
            connection.Reset();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
            _listener.Dispose();
            DropClients();
        }
    }

    internal void CountConnect() => Interlocked.Increment(ref _connects);

    internal void CountAssociation() => Interlocked.Increment(ref _associations);

    internal void CountUp(int bytes) => Interlocked.Add(ref _bytesUp, bytes);

    internal void CountDown(int bytes) => Interlocked.Add(ref _bytesDown, bytes);

    internal void CountDatagramUp() => Interlocked.Increment(ref _datagramsUp);

    internal void CountDatagramDown() => Interlocked.Increment(ref _datagramsDown);

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                client.NoDelay = true;
                _ = ServeAsync(new Socks5ServerConnection(this, client));
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // A client that was gone before it was accepted, or a moment without descriptors.
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socks5ServerConnection connection)
    {
        _open[connection] = true;
        try
        {
            if (_stop.IsCancellationRequested)
            {
                connection.Reset();
                return;
            }

            await connection.RunAsync();
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client or its destination broke; the relay resets both, which is what the other side has to see.
            connection.Reset();
        }
        finally
        {
            _open.TryRemove(connection, out _);
            connection.Dispose();
        }
    }
}
