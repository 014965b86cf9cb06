using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace NetControl.Testing.Proxies;

/// <summary>A TCP server that follows a script per connection: read so many bytes, answer with these, misbehave like this.</summary>
public sealed class ScriptedProxy : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<ScriptedConnection, Task> _script;
    private readonly ConcurrentBag<Socket> _open = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _accepted;

    /// <summary>Starts a server, on a free loopback port if no place is given. The connection closes when its script ends.</summary>
    public ScriptedProxy(Func<ScriptedConnection, Task> script, IPEndPoint? listen = null)
    {
        _script = script;
        _listener.Bind(listen ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    /// <summary>Where the server listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>How many connections were accepted.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Ends when the first script has ended; fails with what the script threw.</summary>
    public Task FirstScript => _first.Task;

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        foreach (Socket socket in _open)
        {
            socket.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync();
                client.NoDelay = true;
                _open.Add(client);
                Interlocked.Increment(ref _accepted);
                _ = RunAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task RunAsync(Socket client)
    {
        try
        {
            using (client)
            {
                await _script(new ScriptedConnection(client));
            }

            _first.TrySetResult();
        }
        catch (Exception e)
        {
            _first.TrySetException(e);
        }
    }
}
